import { addTexts } from "../t";
import texts from "./settings.json";

addTexts(texts);
