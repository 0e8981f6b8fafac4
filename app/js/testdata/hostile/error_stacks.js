for (;;) { try { null.x } catch (e) { e.stack } }
