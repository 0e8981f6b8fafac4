for (;;) { try { throw new Error('again') } catch (e) { continue } }
