import { addTexts } from "../t";
import texts from "./recovery.json";

addTexts(texts);
