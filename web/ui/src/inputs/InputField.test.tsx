import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import type { Finding } from "./field";
import { InputField } from "./InputField";
import type { Input } from "./input";
import { local, stamp } from "./Moments";
import { parametersOf } from "./TextInputs";

afterEach(cleanup);

let last: unknown;

function Field({
  input,
  start,
  findings = [],
  isLocked = false,
}: {
  input: Input;
  start: unknown;
  findings?: Finding[];
  isLocked?: boolean;
}) {
  const [value, setValue] = useState(start);
  last = value;
  return (
    <InputField
      input={input}
      value={value}
      findings={findings}
      form={{
        type: "t",
        flow: "f",
        values: { [input.name]: value },
        hasTemplates: false,
        sample: undefined,
        names: {},
        functions: [],
        variables: [],
        isLocked,
      }}
      onChange={setValue}
    />
  );
}

function show(
  over: Partial<Input>,
  start?: unknown,
  more: { findings?: Finding[]; isLocked?: boolean } = {},
): ReturnType<typeof userEvent.setup> {
  const input: Input = { name: "x", label: "Field", type: "String", ...over };
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <Field input={input} start={start} {...more} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return userEvent.setup();
}

it("tells its default beside another value, not where it is what counts", async () => {
  const user = show({ defaultValue: "users" });
  const field = screen.getByLabelText("Field");
  await user.type(field, "rows");
  expect(screen.getByText("Default: users.")).toBeTruthy();
  await user.clear(field);
  expect(screen.queryByText("Default: users.")).toBeNull();
});

describe("the value that goes over the wire", () => {
  it("is the text of a String", async () => {
    const user = show({});
    await user.type(screen.getByLabelText("Field"), "a b");
    expect(last).toBe("a b");
  });
  it("is the typed text of a Number, which may be 0 or nothing", async () => {
    const user = show({ type: "Number" }, 5);
    const field = screen.getByLabelText("Field");
    await user.clear(field);
    expect(last).toBe("");
    await user.type(field, "0");
    expect(last).toBe("0");
  });
  it("is a path with its slash", async () => {
    const user = show({ type: "Route" }, "");
    await user.type(screen.getByLabelText("Field"), "users/:id");
    await user.tab();
    expect(last).toBe("/users/:id");
    expect(screen.getByText(":id")).toBeTruthy();
  });
  it("is a boolean of a Toggle and a Checkbox", async () => {
    const user = show({ type: "Toggle", defaultValue: true }, undefined);
    await user.click(screen.getByLabelText("Field"));
    expect(last).toBe(false);
    cleanup();
    show({ type: "Checkbox" }, undefined);
    await user.click(screen.getByLabelText("Field"));
    expect(last).toBe(true);
  });
  it("is a list of a CheckPicker, in the order of its options", async () => {
    const options = ["a", "b", "c"].map((value) => ({ value, label: value.toUpperCase() }));
    const user = show({ type: "CheckPicker", pickerOptions: options }, ["c"]);
    await user.click(screen.getByLabelText("A"));
    expect(last).toEqual(["a", "c"]);
    await user.click(screen.getByLabelText("C"));
    expect(last).toEqual(["a"]);
  });
  it("is the chosen one of a Radio", async () => {
    const user = show({ type: "Radio", radioValues: ["left", "right"] }, "left");
    await user.click(screen.getByLabelText("right"));
    expect(last).toBe("right");
  });
  it("is two numbers of a Range, null where one is missing", async () => {
    const user = show({ type: "Range", defaultValue: { start: 0, end: 100 } }, undefined);
    const start = screen.getByLabelText("Field: Start");
    await user.clear(start);
    expect(last).toEqual({ start: null, end: 100 });
    await user.type(start, "-1.5");
    expect(last).toEqual({ start: -1.5, end: 100 });
  });
});

describe("a ListBox", () => {
  it("takes an entry once and without spaces", async () => {
    const user = show({ type: "ListBox" }, "");
    const field = screen.getByLabelText("Field", { selector: "input" });
    await user.type(field, "one{Enter}two words{Enter}");
    expect(last).toEqual(["one"]);
    expect(screen.getByText("An entry has no spaces.")).toBeTruthy();
    await user.clear(field);
    await user.type(field, "one{Enter}");
    expect(last).toEqual(["one"]);
    expect(screen.getByText("one is in the list already.")).toBeTruthy();
  });
  it("is ordered and emptied by keys and by buttons", async () => {
    const user = show({ type: "ListBox", listBoxSorting: true }, ["a", "b", "c"]);
    screen.getAllByRole("listitem")[2]?.focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect(last).toEqual(["a", "c", "b"]);
    await user.click(screen.getByRole("button", { name: "Move a down" }));
    expect(last).toEqual(["c", "a", "b"]);
    screen.getAllByRole("listitem")[0]?.focus();
    await user.keyboard("{Delete}");
    expect(last).toEqual(["a", "b"]);
    await user.click(screen.getByRole("button", { name: "Remove b" }));
    expect(last).toEqual(["a"]);
  });
});

describe("a secret", () => {
  it("is never shown, kept untouched, replaced and cleared", async () => {
    const user = show({ type: "HiddenString" }, "***");
    expect(screen.queryByDisplayValue("***")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Replace Field" }));
    expect(last).toBe("***");
    await user.type(screen.getByLabelText("Field", { selector: "input" }), "new");
    expect(last).toBe("new");
    await user.click(screen.getByRole("button", { name: "Keep the stored one" }));
    expect(last).toBe("***");
    await user.click(screen.getByRole("button", { name: "Clear Field" }));
    expect(last).toBe("");
  });
});

it("says what is wrong beside the field and to whom reads it aloud", () => {
  show({ required: true }, "", { findings: [{ message: "Field is required." }] });
  const field = screen.getByLabelText(/Field/);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  const described = (field.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .map((id) => document.getElementById(id)?.textContent);
  expect(described.join(" ")).toContain("Field is required.");
});

it("changes nothing while the flow is locked", async () => {
  const user = show({}, "kept", { isLocked: true });
  await user.type(screen.getByLabelText("Field"), "x");
  expect(last).toBe("kept");
});

it.each([
  ["Date", "2026-11-23"],
  ["DateTime", "2026-11-23T10:30"],
  ["Time", "10:30:05"],
] as const)("keeps a %s over the wire and back", (type, text) => {
  const wire = stamp(text, type);
  expect(wire).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(local(wire, type)).toBe(text);
  expect(stamp("", type)).toBeNull();
  expect(local(null, type)).toBe("");
});

it("reads the moments that older flows hold", () => {
  expect(local("2026-11-23", "Date")).toBe("2026-11-23");
  expect(local("2026-11-23 10:30:00", "DateTime")).toBe("2026-11-23T10:30");
  expect(local("10:30", "Time")).toBe("10:30");
  expect(local("soon", "Date")).toBe("");
});

it("lists the parameters of a path once each", () => {
  expect(parametersOf("/a/:id/b/:id/:x", ["tail", "x"])).toEqual([":id", ":x", ":tail"]);
});
