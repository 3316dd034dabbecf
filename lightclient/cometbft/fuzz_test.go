package cometbft

import (
	"testing"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	"github.com/stretchr/testify/require"
)

// FuzzWireTypes feeds each JSON answer's decoder, and what looks at the result
// next. Nothing may panic but what guarded catches: a stack that is lost.
func FuzzWireTypes(f *testing.F) {
	chain := newChain(f, 2, equalVals(3))
	for _, seed := range []any{chain.light(2), chain.light(2).SignedHeader, chain.at(2).results, chain.light(2).ValidatorSet} {
		raw, err := cmtjson.Marshal(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte(`{"signed_header":{"header":{"height":"2"},"commit":null}}`))
	f.Add([]byte(`{"block_metas":[{"header":{"height":"2"}},null]}`))
	f.Add([]byte(`{"height":"2","txs_results":[{"code":1,"data":"AA==","gas_used":"3"},null]}`))
	f.Add([]byte(`{"response":{"code":0,"key":"AA==","value":"AA==","height":"2","proofOps":{"ops":[{"type":"ics23:iavl"}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var commit commitResponse
		var vals validatorsResponse
		if cmtjson.Unmarshal(raw, &commit) == nil && cmtjson.Unmarshal(raw, &vals) == nil {
			lb := chain.light(2)
			foreign := *lb
			foreign.SignedHeader = &commit.SignedHeader
			_, _ = canonical(&foreign, testChainID, 2)
			foreign = *copyLight(lb)
			foreign.ValidatorSet.Validators = vals.Validators
			_, _ = canonical(&foreign, testChainID, 2)
		}
		var metas blockchainResponse
		if cmtjson.Unmarshal(raw, &metas) == nil {
			if headers, err := metas.ascending(1, 2); err == nil {
				_ = checkLinks(headers, 1, chain.light(2).Header)
			}
		}
		var results resultsResponse
		if cmtjson.Unmarshal(raw, &results) == nil {
			if rs, err := results.results(2); err == nil {
				_ = checkResults(rs, chain.light(2).Header)
			}
		}
		var query queryResponse
		if cmtjson.Unmarshal(raw, &query) == nil {
			if v, err := query.value(); err == nil {
				_, err = checkValue(v, "bank", []byte{0}, 2, fixedAppHash(2))
				require.Error(t, err, "nobody can forge a proof by mutation")
			}
		}
	})
}

// FuzzStateProof feeds the ICS-23 decoder and verifier with foreign operations.
func FuzzStateProof(f *testing.F) {
	chain, state := newStateChain(f, 3)
	appHash := chain.light(3).AppHash
	for _, key := range [][]byte{balanceKey(3), []byte("balance/0003")} {
		answer, err := state.query("/store/bank/key", key, 2)
		require.NoError(f, err)
		f.Add(answer.Proof.Ops[0].Data, answer.Proof.Ops[1].Data, key, answer.Value)
	}
	f.Fuzz(func(t *testing.T, leaf, top, key, value []byte) {
		ops := &crypto.ProofOps{Ops: []crypto.ProofOp{{Type: opIAVL, Key: key, Data: leaf}, {Type: opSimple, Key: []byte("bank"), Data: top}}}
		if VerifyState(ops, appHash, "bank", key, value) != nil {
			return
		}
		truth, err := state.query("/store/bank/key", key, 2)
		require.NoError(t, err)
		require.Equal(t, string(truth.Value), string(value), "a proof of what is not so")
	})
}

// FuzzRecords feeds the decoders of the store's records and of evidence.
func FuzzRecords(f *testing.F) {
	chain := newChain(f, 2, equalVals(3))
	raw, err := anchor{block: chain.light(2), parent: 1, verifiedAt: chain.now()}.marshal()
	require.NoError(f, err)
	f.Add(raw)
	evidence, err := MarshalAttack(Attack{Common: chain.light(1), Trusted: chain.light(2), Conflicting: chain.light(2)})
	require.NoError(f, err)
	f.Add(evidence)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := unmarshalAnchor(raw, testChainID, 2); err == nil {
			_, err = a.marshal()
			require.NoError(t, err)
		}
		_, _ = UnmarshalAttack(raw)
	})
}
