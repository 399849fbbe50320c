// What a page does with the mock when it has nothing but what every browser brings.

export async function generate({ base, key, method, path, body, headers }) {
  const answer = await fetch(base + path, {
    method,
    headers: { "Authorization": `Bearer ${key}`, "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.json() };
}

export async function download(url) {
  const answer = await fetch(url);
  const { size } = await answer.blob();
  return { status: answer.status, type: answer.headers.get("content-type"), size };
}

// Whether the browser keeps an answer from the page.
export async function isKeptAway(url) {
  try {
    await fetch(url);
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

// The size in which an image is shown.
export async function show(url) {
  const { naturalWidth, naturalHeight } = await loaded(url, null);
  return [naturalWidth, naturalHeight];
}

// An image as a canvas gives it back: its address with the data in it, and how many colours it has.
export async function copy(url) {
  const image = await loaded(url, "anonymous");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0);
  const pixels = paper.getImageData(0, 0, canvas.width, canvas.height).data;
  return { url: canvas.toDataURL(), colours: new Set(new Uint32Array(pixels.buffer)).size };
}

async function loaded(url, crossOrigin) {
  const image = new Image();
  image.crossOrigin = crossOrigin;
  image.src = url;
  document.body.append(image);
  await image.decode();
  return image;
}
