package storage

const childVariable = "ECOFLOW_STORAGE_CHILD"

func child() {}
