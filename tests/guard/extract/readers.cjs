// How Node reads what it is given. One line in, one line out: {"kind":"json"|"form", "body":base64, "type":content type}.
// JSON comes back with every number as its 64 bits and every object as its pairs; a form as [name, file name, content in base64].
const readline = require("node:readline");

function told(value) {
  if (typeof value === "number") {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(value);
    return { number: bits.toString("hex") };
  }
  if (Array.isArray(value)) return { list: value.map(told) };
  if (value !== null && typeof value === "object") return { object: Object.keys(value).map((key) => [key, told(value[key])]) };
  return value;
}

function form(body, type) {
  const busboy = require(process.env.NODE_DIR + "/node_modules/busboy");
  return new Promise((resolve) => {
    const parts = [];
    const reader = busboy({ headers: { "content-type": type }, preservePath: true, defParamCharset: "utf8", limits: { fieldSize: 1e9 } });
    reader.on("field", (name, value) => parts.push([name, null, Buffer.from(value).toString("base64")]));
    reader.on("file", (name, stream, info) => {
      const part = [name, info.filename ?? "", null];
      const blocks = [];
      parts.push(part);
      stream.on("data", (block) => blocks.push(block));
      stream.on("end", () => (part[2] = Buffer.concat(blocks).toString("base64")));
    });
    reader.on("error", (error) => resolve({ error: String(error) }));
    reader.on("close", () => resolve({ read: parts }));
    reader.end(body);
  });
}

async function answer(line) {
  const { kind, body, type } = JSON.parse(line);
  const bytes = Buffer.from(body, "base64");
  try {
    return kind === "json" ? { read: told(JSON.parse(bytes.toString("utf8"))) } : await form(bytes, type);
  } catch (error) {
    return { error: String(error) };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + "\n");
  }
})();
