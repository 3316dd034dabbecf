package cometbft

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	ics23 "github.com/cosmos/ics23/go"
	"github.com/stretchr/testify/require"
)

// The tests below hold the ICS-23 library that VerifyState relies on to the
// standard's own operation vectors, so that an upgrade of it can't loosen them.

func vectors[T any](t *testing.T, name string) T {
	t.Helper()
	var cases T
	readFixture(t, filepath.Join(fixtureDir(t, "ics23"), name), json.Unmarshal, &cases)
	return cases
}

func requireOutcome(t *testing.T, wantErr bool, err error) {
	t.Helper()
	if wantErr {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
}

func TestICS23LeafAndInnerOperationsHashAsTheStandardSays(t *testing.T) {
	type opCase struct {
		Op         json.RawMessage
		Key, Value []byte
		Child      []byte
		IsErr      bool
		Expected   []byte
	}
	for name, c := range vectors[map[string]opCase](t, "TestLeafOpData.json") {
		t.Run("leaf: "+name, func(t *testing.T) {
			var op ics23.LeafOp
			require.NoError(t, json.Unmarshal(c.Op, &op))
			got, err := op.Apply(c.Key, c.Value)
			requireOutcome(t, c.IsErr, err)
			require.Equal(t, c.Expected, got)
		})
	}
	for name, c := range vectors[map[string]opCase](t, "TestInnerOpData.json") {
		t.Run("inner: "+name, func(t *testing.T) {
			var op ics23.InnerOp
			require.NoError(t, json.Unmarshal(c.Op, &op))
			got, err := op.Apply(c.Child)
			requireOutcome(t, c.IsErr, err)
			require.Equal(t, c.Expected, got)
		})
	}
}

func TestICS23HashesAsTheStandardSays(t *testing.T) {
	type hashCase struct {
		HashOp       ics23.HashOp
		Preimage     string
		ExpectedHash string
	}
	for name, c := range vectors[map[string]hashCase](t, "TestDoHashData.json") {
		t.Run(name, func(t *testing.T) {
			got, err := (&ics23.InnerOp{Hash: c.HashOp}).Apply([]byte(c.Preimage))
			require.NoError(t, err)
			require.Equal(t, c.ExpectedHash, hex.EncodeToString(got))
		})
	}
}

func TestICS23ProofsAreHeldToTheirSpec(t *testing.T) {
	type existence struct {
		Proof    *ics23.ExistenceProof
		IsErr    bool
		Expected []byte
	}
	for name, c := range vectors[map[string]existence](t, "TestExistenceProofData.json") {
		t.Run("calculate: "+name, func(t *testing.T) {
			got, err := c.Proof.Calculate()
			requireOutcome(t, c.IsErr, err)
			require.Equal(t, c.Expected, []byte(got))
		})
	}
	type against struct {
		Proof *ics23.ExistenceProof
		Spec  *ics23.ProofSpec
		Err   string
	}
	for name, c := range vectors[map[string]against](t, "TestCheckAgainstSpecData.json") {
		t.Run("spec: "+name, func(t *testing.T) {
			requireOutcome(t, c.Err != "", c.Proof.CheckAgainstSpec(c.Spec))
		})
	}
	type leaf struct {
		Leaf  *ics23.LeafOp
		Spec  *ics23.LeafOp
		IsErr bool
	}
	for name, c := range vectors[map[string]leaf](t, "TestCheckLeafData.json") {
		t.Run("leaf: "+name, func(t *testing.T) {
			requireOutcome(t, c.IsErr, c.Leaf.CheckAgainstSpec(&ics23.ProofSpec{LeafSpec: c.Spec}))
		})
	}
}

func TestICS23EmptyBranchesCountAsOutermost(t *testing.T) {
	type branch struct {
		Op              *ics23.InnerOp
		Spec            *ics23.ProofSpec
		IsLeft, IsRight bool
	}
	for i, c := range vectors[[]branch](t, "TestEmptyBranchData.json") {
		t.Run(fmt.Sprint("case ", i), func(t *testing.T) {
			require.NoError(t, c.Op.CheckAgainstSpec(c.Spec, 1))
			path := []*ics23.InnerOp{c.Op}
			if c.IsLeft {
				require.True(t, ics23.IsLeftMost(c.Spec.InnerSpec, path))
			}
			if c.IsRight {
				require.True(t, ics23.IsRightMost(c.Spec.InnerSpec, path))
			}
		})
	}
}
