package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"ecoflow/app/auth"
	"ecoflow/app/system"
	"ecoflow/web/endpoint"
)

// Described lists what the description of the API is of: the endpoints, and those that
// answer in their place while the database cannot be used.
func Described(all []endpoint.Endpoint) []endpoint.Endpoint {
	return slices.Concat(all, recovering(nil))
}

// description answers the OpenAPI document of the endpoints, itself included.
func description(all []endpoint.Endpoint) endpoint.Endpoint {
	var document func() ([]byte, error)
	self := endpoint.Raw(endpoint.Spec{
		ID:          "api.describe",
		Route:       "GET /openapi.json",
		Summary:     "Describe this API",
		Description: "The OpenAPI 3.1 document of every endpoint here.",
		Allow:       auth.SignedIn,
	}, "application/json", func(_ context.Context, _ struct{}, w http.ResponseWriter) error {
		text, err := document()
		if err != nil {
			return fmt.Errorf("describe the system API: %w", err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write(text)
		return err
	})
	document = sync.OnceValues(func() ([]byte, error) {
		return endpoint.OpenAPI(system.Version(), Described(append(all[:len(all):len(all)], self)))
	})
	return self
}
