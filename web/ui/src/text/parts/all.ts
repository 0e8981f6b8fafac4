// All parts, for tests of what no page shows.
import "./environment";
import "./me";
import "./people";
import "./recovery";
import "./settings";
