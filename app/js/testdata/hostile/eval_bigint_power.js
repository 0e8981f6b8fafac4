// says too large
return String(new Function("a", "b", "return a ** b")(3n, 8796093022208n))
