import { expect, test } from "vitest";
import { labelRules } from "../../src/plan/labels.ts";

test("conditions of one alternative hold together, alternatives each by itself", () => {
  expect(labelRules({ service: "api", when: "meaning=script,sensor runner=python; path=lib/**,data/* ;" })).toEqual({
    rules: {
      name: "label of api",
      rules: [
        { when: { meaning: ["script", "sensor"], runner: ["python"] }, do: ["api"] },
        { when: { path: ["lib/**", "data/*"] }, do: ["api"] },
      ],
    },
    problems: [],
  });
});

test.for(["script", "meaning=", "meaning=scripts", "component=thing", "colour=red", "constructor=x", "=x", "pack=,"])(
  "`%s` is left out, and said; the others count",
  (condition) => {
    const { rules, problems } = labelRules({ service: "api", when: `${condition}; pack=core` });
    expect(rules.rules).toEqual([{ when: { pack: ["core"] }, do: ["api"] }]);
    expect(problems).toEqual([
      `Expected \`packsync.when\` of api to have conditions such as \`meaning=script\`, got \`${condition}\``,
    ]);
  },
);

test("no condition is no rule: nobody wants to be told of everything by mistake", () => {
  expect(labelRules({ service: "api", when: " ; " }).rules.rules).toEqual([]);
});
