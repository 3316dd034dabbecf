// Package openapi serves the page that documents the REST gateway: this chain's services and the SDK's.
package openapi

import (
	_ "embed"
	"io/fs"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/cosmos/cosmos-sdk/client/docs"
)

// Path below which the page is served.
const Path = "/swagger/"

// Document is the OpenAPI 2 description of every REST route, generated from proto/.
//
//go:embed openapi.json
var Document []byte

//go:embed index.html
var page []byte

// Register adds the page to router. The viewer's scripts and styles are those that the SDK ships.
func Register(router *mux.Router) error {
	viewer, err := fs.Sub(docs.SwaggerUI, "swagger-ui")
	if err != nil {
		return err
	}
	router.HandleFunc(Path, content("text/html; charset=utf-8", page))
	router.HandleFunc(Path+"openapi.json", content("application/json", Document))
	router.PathPrefix(Path).Handler(http.StripPrefix(Path, http.FileServer(http.FS(viewer))))
	router.Handle("/swagger", http.RedirectHandler(Path, http.StatusMovedPermanently))
	return nil
}

func content(kind string, body []byte) http.HandlerFunc {
	return func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", kind)
		_, _ = writer.Write(body)
	}
}
