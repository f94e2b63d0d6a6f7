// Creates, reads, lists and deletes with kintone's own client, and prints what came of it as JSON.
// Called as: node kintone.mjs FOLDER URL TOKENS; the client is installed in FOLDER.

import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, baseUrl, apiTokens] = process.argv.slice(2);
const { KintoneRestAPIClient } = createRequire(join(folder, "package.json"))("@kintone/rest-api-client");
const { record: kintone } = new KintoneRestAPIClient({ baseUrl, auth: { apiToken: apiTokens.split(",") } });
const app = 1;
const names = (records) => records.map((record) => record.Text.value);
const refusal = async (asked) =>
  asked.then(
    () => "answered",
    ({ status, code }) => `${status} ${code}`,
  );

const ids = [];
const told = {};
const rows = ["alpha", "beta", 'gam"ma', "delta"];
const { ids: added } = await kintone.addRecords({
  app,
  records: rows.map((text, n) => ({ Text: { value: text }, Number: { value: n }, Choice: { value: n % 2 ? "one" : "two" } })),
});
ids.push(...added);
const { id } = await kintone.addRecord({ app, record: { Text: { value: "single" } } });
ids.push(id);

told.read = (await kintone.getRecord({ app, id: ids[0] })).record;
const answers = async (query) => names((await kintone.getRecords({ app, query })).records);
told.newest_first = await answers("");
told.compared = await answers("Number >= 1 and Number < 3 order by $id asc");
told.like = await answers('Text like "ETA" or Text = "gam\\"ma" order by Number desc');
told.grouped = await answers('(Text = "alpha" or Text = "beta") and Choice in ("one")');
told.not_in = await answers('Choice not in ("one", "") order by $id asc');
told.too_long_for_a_url = await answers(`Text in ("alpha", ${rows.map((text) => `"${"x".repeat(2000)}${text[0]}"`)})`);
told.page = await answers("order by $id asc limit 2 offset 1");
told.counted = await kintone.getRecords({ app, query: "limit 1", fields: ["Text"], totalCount: true });
told.uncounted = (await kintone.getRecords({ app, query: "limit 1" })).totalCount;
told.all = names(await kintone.getAllRecordsWithId({ app, condition: 'Text != "beta"' }));
told.refused = await Promise.all(
  ["Created_datetime > TODAY()", "Nowhere = 1", 'Choice = "one"', "limit 501", 'Text = "a'].map((query) =>
    refusal(kintone.getRecords({ app, query })),
  ),
);

await kintone.deleteRecords({ app, ids });
told.left = await answers("");
told.gone = await refusal(kintone.getRecord({ app, id: ids[0] }));
console.log(JSON.stringify(told));
