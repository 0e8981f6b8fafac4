// says too large
return String(1n >> -8796093022208n)
