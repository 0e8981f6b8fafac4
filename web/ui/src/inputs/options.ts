import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, payload } from "../api/client";
import type { FormState } from "./field";
import type { Choice, Input } from "./input";

interface Options {
  choices: readonly Choice[];
  isLoading: boolean;
  error: string | undefined;
  /** Asks again: what they depend on may be elsewhere than in this form. */
  renew: () => void;
}

/** What can be chosen: from the definition or, where it depends on other inputs, from the server. */
export function useOptions(input: Input, form: Pick<FormState, "type" | "flow" | "values">): Options {
  const isAsked = input.dynamic === true || input.type === "DB_Selector";
  const { [input.name]: _, ...others } = form.values;
  const [inputs] = useDebouncedValue(JSON.stringify(isAsked ? others : {}), 250);
  const asked = useQuery({
    queryKey: ["options", form.type, form.flow, input.name, inputs],
    queryFn: async () => {
      const answer = await payload(
        api.POST("/module/nodes/id/{nodeId}/options", {
          params: { path: { nodeId: form.type } },
          body: { inputs: JSON.parse(inputs) as Record<string, never>, input: input.name, flow: form.flow },
        }),
      );
      return (answer as unknown as { inputs: { pickerOptions?: Choice[] }[] }).inputs[0]?.pickerOptions ?? [];
    },
    enabled: isAsked,
    placeholderData: keepPreviousData,
  });
  const renew = (): void => void (isAsked && asked.refetch());
  if (!isAsked) return { choices: input.pickerOptions ?? [], isLoading: false, error: undefined, renew };
  const choices = asked.data ?? input.pickerOptions ?? [];
  return { choices, isLoading: asked.isFetching, error: asked.error?.message, renew };
}
