import { addTexts } from "../t";
import texts from "./environment.json";

addTexts(texts);
