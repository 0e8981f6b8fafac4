// says keys are too many for this
Reflect.ownKeys(new String("x".repeat(3e6)))
