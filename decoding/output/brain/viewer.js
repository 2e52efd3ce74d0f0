/* What a view has over nilearn's: an open cross, words beside the slices, the value at the cross, a
   threshold, keys, and one cut for all views of one space on a page. */
(function () {
  const find = (selector) => document.querySelector(selector);
  const canvas = find("canvas"), space = document.documentElement.dataset.space;
  const keys = { ArrowLeft: ["X", -1], ArrowRight: ["X", 1], ArrowDown: ["Y", -1],
    ArrowUp: ["Y", 1], PageDown: ["Z", -1], PageUp: ["Z", 1] };
  const axes = ["X", "Y", "Z"];
  let view, values, drawn, told;

  function place() {
    return axes.map((axis, i) => view.affine[i][i] * (view.numSlice[axis] + 1) + view.affine[i][3]);
  }

  // The words name the recorded voxel at the cross, as tables do: a view's own steps are others.
  const [affine, inverse] = JSON.parse(document.documentElement.dataset.voxels);
  const times = (matrix, [x, y, z]) => matrix.slice(0, 3).map(([a, b, c, d]) =>
    a * x + b * y + c * z + d);
  const centre = (mm) => times(affine, times(inverse, mm).map(Math.round));

  function go(slices) {
    axes.forEach((axis, i) => {
      view.numSlice[axis] = Math.max(0, Math.min(view.nbSlice[axis] - 1, Math.round(slices[i])));
    });
    view.drawAll();
  }

  function goTo(mm) {
    told = mm.join();
    go(mm.map((at, i) => (at - view.affine[i][3]) / view.affine[i][i] - 1));
    told = place().join();
  }

  function pixels(image) {
    const sheet = document.createElement("canvas");
    sheet.width = image.naturalWidth;
    sheet.height = image.naturalHeight;
    const pen = sheet.getContext("2d", { willReadFrequently: true });
    pen.drawImage(image, 0, 0);
    return { sheet, pen, all: pen.getImageData(0, 0, sheet.width, sheet.height) };
  }

  function read(image) {
    const { data } = pixels(image).all, [low, high] = JSON.parse(image.dataset.span);
    return Float32Array.from({ length: data.length / 4 }, (_, i) => {
      const code = 256 * data[4 * i] + data[4 * i + 1];
      return code ? low + ((code - 1) / 65534) * (high - low) : NaN;
    });
  }

  function hideBelow(least) {
    const shown = new ImageData(drawn.all.data.slice(), drawn.sheet.width);
    values.forEach((value, i) => {
      if (Math.abs(value) < least) shown.data[4 * i + 3] = 0;
    });
    drawn.pen.putImageData(shown, 0, 0);
    find(".least output").textContent = least <= 1e-6 ? "0" : Number(least).toPrecision(2);
    view.drawAll();
  }

  function scored(points) {
    const { chance } = find(".values").dataset;
    return chance ? ` points (${(Number(chance) + points / 100).toFixed(3)})` : "";
  }

  function sayWhere() {
    const { X, Y, Z } = view.numSlice, { nbCol } = view, mm = place(), at = centre(mm);
    document.querySelectorAll(".words span").forEach((words, i) => {
      words.textContent = `${"xyz"[i]} = ${Number(at[i].toFixed(1))} mm`;
    });
    const row = Math.floor(X / nbCol) * view.nbSlice.Z + view.nbSlice.Z - 1 - Z;
    const value = values?.[row * view.sprite.naturalWidth + (X % nbCol) * view.nbSlice.Y + Y];
    if (values) {
      find(".value").textContent = isNaN(value) ? "no value at the cross"
        : `at the cross: ${Number(value.toPrecision(3))}${scored(value)}`;
    }
    if (mm.join() === told) return;
    const moved = { voxelscope: "cut", space, mm };
    if (told) [window.parent, ...Array.from(window.parent.frames)].forEach((other) => {
      if (other !== window) other.postMessage(moved, "*");
    });
    told = mm.join();
  }

  function cross(left, width, height, across, up) {
    const pen = view.context, top = (view.heightCanvas.max - height) / 2;
    const x = left + across * width, y = top + (1 - up) * height;
    const gap = Math.max(7, 1.5 * width / view.nbSlice.Y);
    pen.beginPath();
    [[left, y, x - gap, y], [x + gap, y, left + width, y], [x, top, x, y - gap],
      [x, y + gap, x, top + height]].forEach(([x0, y0, x1, y1]) => {
      if (x1 < x0 || y1 < y0) return;
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
    });
    pen.strokeStyle = view.colorCrosshair;
    pen.lineWidth = 1;
    pen.stroke();
  }

  // The tissue is drawn smoothly and the values on it as voxels: brainsprite draws all of one kind.
  function drawLayers(drawAll) {
    const { overlay, sprite, colorBackground } = view, { width, height } = sprite;
    const nothing = Object.assign(document.createElement("canvas"), { width, height });
    const layers = [{ overlay: undefined, smooth: true },
      { overlay, sprite: nothing, colorBackground: "transparent", smooth: false }];
    layers.slice(0, overlay ? 2 : 1).forEach((layer) => {
      Object.assign(view, layer);
      view.init();
      view.context.imageSmoothingEnabled = view.smooth;
      drawAll();
    });
    Object.assign(view, { overlay, sprite, colorBackground });
  }

  function drawCross() {
    const { widthCanvas: w, heightCanvas: h } = view;
    const [x, y, z] = axes.map((axis) => (view.numSlice[axis] + 0.5) / view.nbSlice[axis]);
    cross(0, w.X, h.X, y, z);
    cross(w.X, w.Y, h.Y, x, z);
    cross(w.X + w.Y, w.Z, h.Z, x, y);
  }

  function fit() {
    view.widthCanvas.X = -1;
    go(axes.map((axis) => view.numSlice[axis]));
  }

  function shrink() {
    const { frameElement: frame, document: { body } } = window; // of itself a frame only grows
    if (frame) frame.style.height = `${Math.ceil(body.getBoundingClientRect().height)}px`;
  }

  // A frame has none of the letters of the page around it.
  function takeLetters() {
    const own = document.createElement("style");
    const from = ({ cssRules, href }) => [...cssRules].map((rule) => rule.cssText)
      .filter((rule) => /^@font-face[^}]*"Source Sans"/.test(rule))
      .map((rule) => rule.replace("../", new URL("../", href ?? document.baseURI)));
    own.textContent = [...window.parent.document.styleSheets].flatMap(from).join("");
    document.head.append(own);
  }

  function start() {
    view = window.brainView;
    const codes = find(".values"), least = find(".least input"), drawAll = view?.drawAll;
    if (!view || (codes && !codes.complete)) return void window.requestAnimationFrame(start);
    view.flagCoordinates = view.showLR = false; // the words beside the slices are the page's
    view.drawAll = () => { drawLayers(drawAll); drawCross(); sayWhere(); };
    if (codes) {
      values = read(codes);
      drawn = pixels(view.overlay.sprite);
      view.overlay.sprite = drawn.sheet;
      least.oninput = () => hideBelow(least.value);
      hideBelow(least.value);
    }
    fit();
    window.addEventListener("resize", fit);
    new ResizeObserver(shrink).observe(document.body);
    canvas.addEventListener("keydown", (event) => {
      const key = keys[event.key];
      if (!key) return;
      event.preventDefault();
      go(axes.map((axis) => view.numSlice[axis] + (axis === key[0] ? key[1] : 0)));
    });
    window.addEventListener("message", ({ data }) => {
      if (data?.voxelscope === "cut" && data.space === space) goTo(data.mm);
    });
    window.parent.postMessage({ voxelscope: "ready", space }, "*");
  }
  start();
  takeLetters();
})();
