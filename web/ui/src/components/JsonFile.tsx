import type { Ref } from "react";

/** The system's own dialog for a JSON file, opened by a click on what the ref holds; the same file may be picked again. */
export function JsonFile({ ref, onText }: { ref: Ref<HTMLInputElement>; onText: (text: string) => void }) {
  return (
    <input
      ref={ref}
      type="file"
      accept=".json,application/json"
      hidden
      onChange={(e) => {
        const chosen = e.currentTarget.files?.[0];
        if (chosen) void chosen.text().then(onText);
        e.currentTarget.value = "";
      }}
    />
  );
}
