import { CheckboxField, ManyField, RadioField, SelectField, SuggestField, ToggleField } from "./Choices";
import { CodeField, TemplateField } from "./code/CodeField";
import type { FieldProps } from "./field";
import { ListBox } from "./ListBox";
import { MomentField } from "./Moments";
import { RangeField } from "./RangeField";
import { SecretField } from "./SecretField";
import { NumberField, PlainText, RouteField } from "./TextInputs";

/** The editor of any input. */
export function InputField(p: FieldProps) {
  switch (p.input.type) {
    case "Route":
      return <RouteField {...p} />;
    case "DB_Selector":
    case "Methods":
    case "SelectPicker":
      return <SelectField {...p} />;
    case "CheckPicker":
      return <ManyField {...p} />;
    case "Radio":
      return <RadioField {...p} />;
    case "Toggle":
      return <ToggleField {...p} />;
    case "Checkbox":
      return <CheckboxField {...p} />;
    case "Code":
      return <CodeField {...p} />;
    case "Date":
    case "Time":
    case "DateTime":
      return <MomentField {...p} />;
    case "Number":
      return <NumberField {...p} />;
    case "HiddenString":
      return <SecretField {...p} />;
    case "Range":
      return <RangeField {...p} />;
    case "ListBox":
      return <ListBox {...p} />;
    default: {
      if (p.input.dynamic) return <SuggestField {...p} />;
      const isExpression = p.input.codeLanguage === "expression";
      return isExpression || (p.input.templates && p.form.hasTemplates) ? (
        <TemplateField {...p} />
      ) : (
        <PlainText {...p} />
      );
    }
  }
}
