import { addTexts } from "../t";
import texts from "./people.json";

addTexts(texts);
