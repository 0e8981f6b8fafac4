package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
)

// reference serves by hand what the flows of the benchmark serve, with net/http and
// encoding/json as anybody would write it. It prints its address and never returns
// but with an error.
func reference() error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/fixed", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"msg": "Hello World"})
	})
	mux.HandleFunc("POST /api/echo", func(w http.ResponseWriter, r *http.Request) {
		body, ok := decode(w, r)
		if ok {
			answer(w, map[string]any{"msg": body})
		}
	})
	mux.HandleFunc("POST /api/script", func(w http.ResponseWriter, r *http.Request) {
		body, ok := decode(w, r)
		if ok {
			a, _ := body["a"].(float64)
			b, _ := body["b"].(float64)
			answer(w, map[string]any{"msg": a + b})
		}
	})
	mux.HandleFunc("POST /api/native", func(w http.ResponseWriter, r *http.Request) {
		body, ok := decode(w, r)
		if !ok {
			return
		}
		price, _ := body["price"].(float64)
		rounded := math.Round(price)
		body["net"] = rounded
		body["kind"] = "order"
		if rounded > 10 {
			body["class"] = "large"
		} else {
			body["class"] = "small"
		}
		body["done"] = true
		answer(w, map[string]any{"msg": body})
	})
	mux.HandleFunc("POST /api/switch", func(w http.ResponseWriter, r *http.Request) {
		body, ok := decode(w, r)
		if !ok {
			return
		}
		a, _ := body["a"].(float64)
		switch body["kind"] {
		case "double":
			answer(w, map[string]any{"msg": (a*2 + 1)})
		default:
			answer(w, map[string]any{"msg": a})
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, mux)
}

func decode(w http.ResponseWriter, r *http.Request) (body map[string]any, ok bool) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10<<20))
	if err == nil {
		err = json.Unmarshal(data, &body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, false
	}
	return body, true
}

func answer(w http.ResponseWriter, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(data)
}
