package openapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/app/openapi"
)

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	router := mux.NewRouter()
	require.NoError(t, openapi.Register(router))
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

func TestThePageNamesTheDocumentAndTheViewerIsServed(t *testing.T) {
	page := get(t, openapi.Path)
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "openapi.json")
	require.Equal(t, http.StatusOK, get(t, openapi.Path+"swagger-ui-bundle.js").Code)
	require.Equal(t, http.StatusOK, get(t, openapi.Path+"swagger-ui.css").Code)
	require.Equal(t, http.StatusMovedPermanently, get(t, "/swagger").Code)
}

func TestTheDocumentHasTheRoutesOfTheChainAndOfTheSDK(t *testing.T) {
	answer := get(t, openapi.Path+"openapi.json")
	require.Equal(t, http.StatusOK, answer.Code)
	document := struct {
		Paths       map[string]map[string]json.RawMessage `json:"paths"`
		Definitions map[string]json.RawMessage            `json:"definitions"`
	}{}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &document))

	for _, path := range []string{
		"/stafi/ssv/v1/params", "/stafi/multisig/v1/params", "/stafi/stakingcontract/v1/params",
		"/cosmos/bank/v1beta1/balances/{address}", "/cosmos/tx/v1beta1/txs",
	} {
		require.Contains(t, document.Paths, path)
	}
	require.Contains(t, document.Definitions, "stafi.ssv.v1.QueryParamsResponse")
}

func TestNoTwoOperationsShareAnID(t *testing.T) {
	document := struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}{}
	require.NoError(t, json.Unmarshal(openapi.Document, &document))
	seen := map[string]string{}
	for path, verbs := range document.Paths {
		for _, operation := range verbs {
			require.Empty(t, seen[operation.OperationID], "%s and %s", path, seen[operation.OperationID])
			seen[operation.OperationID] = path
		}
	}
}
