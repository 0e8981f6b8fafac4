// The kit in the product's colours: palettes, sizes and the few settings that
// make its components AA in both schemes (ui brief, section 10).

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { t } from "../text/t";

const shades = (line: string): MantineColorsTuple =>
  line.split(" ").map((c) => `#${c}`) as unknown as MantineColorsTuple;

const palettes = {
  iris: shades("E7EDFD D3DEFB B5C7FB 9DB4FF 86A3FF 5F82EC 4468DA 2F56C8 2748AB 1F3A8A"),
  red: shades("FDEBEC FAD3D6 FFB3B9 FF9AA2 FF7E88 E8505E D23546 BE2535 A01C2B 7E1420"),
  green: shades("E3F5EB CBEBD9 A3DDBE 7DD3A8 55C98D 34A86D 1E8151 19764A 125F3B 0C472B"),
  yellow: shades("FFF3D6 FCE6B0 F8D585 F5C766 F0B84C C98F1E 996404 8A5700 6F4600 523300"),
  sky: shades("E1F2FA C5E6F5 9CD6F1 7FCDEE 62C2EA 2E9CC9 12779F 0A678F 075473 053E55"),
  gray: shades("F5F6F8 ECEEF2 D6DBE3 B9C0CC 98A2B3 747E90 6C7687 5F6777 454C5B 2B303B"),
  dark: shades("E9ECF1 B7BFCC 98A2B3 6C7687 3A4250 2D3440 1F242D 171B22 12161C 0F1217"),
};

type Sized = { size?: unknown };

function controlHeight(variable: string) {
  return (_: unknown, props: Sized) => ({
    root: props.size === undefined || props.size === "sm" ? { [variable]: "var(--control-height)" } : {},
  });
}

function inputHeight(_: unknown, props: Sized) {
  const isDefault = props.size === undefined || props.size === "sm";
  return { wrapper: isDefault ? { "--input-height": "var(--control-height)" } : {}, input: {} };
}

/** What the kit's colours stand for. */
const tones: Record<string, string> = { red: "danger", yellow: "warning", green: "success", sky: "info" };

/** Made once the language is chosen: it has texts. */
export const makeTheme = () =>
  createTheme({
    colors: palettes,
    primaryColor: "iris",
    primaryShade: { light: 7, dark: 6 },
    fontFamily: "var(--font)",
    fontFamilyMonospace: "var(--mono)",
    fontSizes: { xs: "11px", sm: "12px", md: "13px", lg: "14px", xl: "16px" },
    lineHeights: { xs: "16px", sm: "16px", md: "20px", lg: "20px", xl: "24px" },
    spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
    radius: { xs: "2px", sm: "4px", md: "8px", lg: "12px", xl: "16px" },
    defaultRadius: "sm",
    headings: {
      fontWeight: "600",
      sizes: {
        h1: { fontSize: "20px", lineHeight: "28px" },
        h2: { fontSize: "16px", lineHeight: "24px" },
        h3: { fontSize: "14px", lineHeight: "20px" },
      },
    },
    cursorType: "pointer",
    focusRing: "auto",
    respectReducedMotion: true,
    components: {
      // Menus, lists and notes that open over the page stay inside a landmark.
      Portal: { defaultProps: { target: "#overlays" } },
      InputWrapper: {
        defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] },
        styles: { description: { fontSize: 12, lineHeight: "16px" }, error: { fontSize: 12, lineHeight: "16px" } },
      },
      // Controls are 32 px high, 28 px in compact density.
      Button: { defaultProps: { size: "sm" }, vars: controlHeight("--button-height") },
      Input: { vars: inputHeight },
      ActionIcon: { defaultProps: { size: 32 } },
      Menu: { defaultProps: { withInitialFocusPlaceholder: false, shadow: "md" } },
      Modal: {
        defaultProps: {
          radius: "lg",
          centered: true,
          closeButtonProps: { "aria-label": t("common.close") },
          overlayProps: { backgroundOpacity: 0.4 },
          transitionProps: { duration: 120, transition: "fade" },
        },
        styles: { content: { background: "var(--surface)" }, header: { background: "var(--surface)" } },
      },
      Notification: { defaultProps: { closeButtonProps: { "aria-label": t("common.close") } } },
      // A div: the header of a dialog is no second banner of the page.
      ModalHeader: { defaultProps: { component: "div" } },
      Alert: {
        vars: (_: unknown, { color = "" }: { color?: string }) => {
          const tone = tones[color] ?? "info";
          return { root: { "--alert-bg": `var(--${tone}-soft)`, "--alert-color": `var(--${tone}-text)` } };
        },
      },
      Tooltip: { defaultProps: { openDelay: 400, events: { hover: true, focus: true, touch: false } } },
    },
  });

const fromTokens = {
  "--mantine-color-body": "var(--canvas)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-dimmed": "var(--muted)",
  "--mantine-color-placeholder": "var(--muted)",
  "--mantine-color-error": "var(--danger-text)",
  "--mantine-color-anchor": "var(--link)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-border": "var(--control)",
  "--mantine-color-default-hover": "var(--sunken)",
  "--mantine-color-default-color": "var(--text)",
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: fromTokens,
  dark: { ...fromTokens, "--mantine-color-iris-light-color": "var(--link)" },
});
