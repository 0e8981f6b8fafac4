import { addTexts } from "../t";
import texts from "./me.json";

addTexts(texts);
