import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./app/queries";
import { router } from "./app/router";
import { cssVariables, makeTheme } from "./app/theme";
import "./styles/kit";
import "@mantine/notifications/styles.css";
import "./styles/tokens.css";
import "./styles/global.css";
import { colorSchemeManager } from "./app/colorScheme";
import { chooseLanguage } from "./app/language";
import { styleNonce } from "./app/nonce";
import { t } from "./text/t";

chooseLanguage();
setNonce(styleNonce); // for the kit's scroll lock

const theme = makeTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorSchemeManager}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queries}>
        <ModalsProvider labels={{ confirm: t("common.ok"), cancel: t("common.cancel") }}>
          <Notifications position="bottom-right" autoClose={8000} />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
