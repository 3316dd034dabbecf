package cometbft

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// realState is the SDK's own multistore, written once per block.
type realState struct {
	store  *rootmulti.Store
	bank   *storetypes.KVStoreKey
	hashes map[int64][]byte
}

func newRealState(t testing.TB) *realState {
	t.Helper()
	s := &realState{
		store: rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger()), bank: storetypes.NewKVStoreKey("bank"),
		hashes: map[int64][]byte{0: nil},
	}
	s.store.MountStoreWithDB(s.bank, storetypes.StoreTypeIAVL, nil)
	for _, name := range []string{"acc", "staking", "gov"} {
		s.store.MountStoreWithDB(storetypes.NewKVStoreKey(name), storetypes.StoreTypeIAVL, nil)
	}
	require.NoError(t, s.store.LoadLatestVersion())
	return s
}

func balanceKey(i int) []byte { return fmt.Appendf(nil, "balance/%04d", 2*i) }

// write commits the state of one more block: a hundred balances, and an index without values behind them, as bank has it.
func (s *realState) write(height int64) {
	kv := s.store.GetKVStore(s.bank)
	for i := range 100 {
		kv.Set(balanceKey(i), fmt.Appendf(nil, "%d at %d", i, height))
	}
	for i := range 5 {
		kv.Set(fmt.Appendf(nil, "index/%04d", 2*i), []byte{})
	}
	s.hashes[height] = s.store.Commit().Hash
}

func (s *realState) query(path string, key []byte, height int64) (Value, error) {
	path = path[len("/store"):]
	res, err := s.store.Query(&storetypes.RequestQuery{Path: path, Data: key, Height: height, Prove: true})
	if err != nil {
		return Value{}, err
	}
	if res.Code != 0 {
		return Value{}, fmt.Errorf("%w: %s", lightclient.ErrHeightUnavailable, res.Log)
	}
	ops := &crypto.ProofOps{}
	for _, op := range res.ProofOps.Ops {
		ops.Ops = append(ops.Ops, crypto.ProofOp{Type: op.Type, Key: op.Key, Data: op.Data})
	}
	return Value{Key: res.Key, Value: res.Value, Height: res.Height, Proof: ops}, nil
}

// newStateChain has real application hashes.
func newStateChain(t testing.TB, length int) (*testChain, *realState) {
	t.Helper()
	state := newRealState(t)
	chain := newChain(t, 0, equalVals(4))
	chain.appHash = func(height int64) []byte { return state.hashes[height-1] }
	for range length {
		chain.extend(t, 1)
		state.write(chain.height())
	}
	return chain, state
}

func stateFixture(t testing.TB) (*fixture, *fakeSource, *fakeSource) {
	t.Helper()
	chain, state := newStateChain(t, 12)
	first, second := newFake("first", chain), newFake("second", chain)
	first.query, second.query = state.query, state.query
	f := rooted(t, chain, 2, first, second)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	return f, first, second
}

func TestAStateValueIsTheOneAfterItsBlock(t *testing.T) {
	f, _, _ := stateFixture(t)
	for _, height := range []int64{1, 5, 11} {
		value, err := f.VerifiedValue(t.Context(), "bank", balanceKey(7), height)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("7 at %d", height), string(value))
	}
	_, err := f.VerifiedValue(t.Context(), "bank", balanceKey(7), 12)
	require.ErrorIs(t, err, lightclient.ErrNotVerified, "the next header is not there yet")
	_, err = f.VerifiedValue(t.Context(), "", balanceKey(7), 5)
	require.ErrorContains(t, err, "can't be empty")
}

func TestAnAbsentKeyIsNilOnlyWithAProofOfAbsence(t *testing.T) {
	f, first, second := stateFixture(t)
	for _, key := range []string{"balance/0001", "balance/0199", "index/0003", "a", "z"} {
		value, err := f.VerifiedValue(t.Context(), "bank", []byte(key), 6)
		require.NoError(t, err)
		require.Nil(t, value)
	}
	for _, source := range []*fakeSource{first, second} {
		honest := source.query
		source.query = func(path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, key, height)
			v.Value = nil
			return v, err
		}
	}
	value, err := f.VerifiedValue(t.Context(), "bank", balanceKey(7), 6)
	require.ErrorIs(t, err, lightclient.ErrProof)
	require.Nil(t, value)
}

func TestALieAboutTheStateIsRefusedAndTheNextSourceAsked(t *testing.T) {
	cases := map[string]func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error){
		"another value": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, key, height)
			v.Value = []byte("1000000")
			return v, err
		},
		"the value of an older height": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, key, height-1)
			v.Height = height
			return v, err
		},
		"an older height, openly": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			return honest(path, key, height-1)
		},
		"the value of another key": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, balanceKey(8), height)
			v.Key = key
			return v, err
		},
		"another key, openly": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			return honest(path, balanceKey(8), height)
		},
		"no proof": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, key, height)
			v.Proof = nil
			return v, err
		},
		"the proof of absence of another key": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, []byte("balance/0001"), height)
			v.Key = key
			return v, err
		},
		"the store's own proof only": func(honest func(string, []byte, int64) (Value, error), path string, key []byte, height int64) (Value, error) {
			v, err := honest(path, key, height)
			v.Proof.Ops = v.Proof.Ops[:1]
			return v, err
		},
	}
	for name, lie := range cases {
		t.Run(name, func(t *testing.T) {
			f, first, _ := stateFixture(t)
			honest := first.query
			first.query = func(path string, key []byte, height int64) (Value, error) { return lie(honest, path, key, height) }

			value, err := f.VerifiedValue(t.Context(), "bank", balanceKey(7), 6)

			require.NoError(t, err)
			require.Equal(t, "7 at 6", string(value))
			require.ErrorIs(t, f.record("first").LastLie, lightclient.ErrProof)
		})
	}
}

func TestAnySingleByteChangedInAStateProofIsRefused(t *testing.T) {
	chain, state := newStateChain(t, 3)
	appHash := chain.light(3).AppHash
	rapid.Check(t, func(rt *rapid.T) {
		key := balanceKey(rapid.IntRange(0, 99).Draw(rt, "present"))
		if rapid.Bool().Draw(rt, "ask for an absent key") {
			key = fmt.Appendf(nil, "balance/%04d", 2*rapid.IntRange(-1, 100).Draw(rt, "absent")+1)
		}
		answer, err := state.query("/store/bank/key", key, 2)
		if err != nil {
			rt.Fatal(err)
		}
		if err := VerifyState(answer.Proof, appHash, "bank", key, answer.Value); err != nil {
			rt.Fatalf("honest proof: %v", err)
		}
		parts := [][]byte{
			[]byte(answer.Proof.Ops[0].Type), answer.Proof.Ops[0].Key, answer.Proof.Ops[0].Data,
			[]byte(answer.Proof.Ops[1].Type), answer.Proof.Ops[1].Key, answer.Proof.Ops[1].Data,
			answer.Value, appHash, []byte("bank"), key,
		}
		for i := range parts {
			parts[i] = bytes.Clone(parts[i])
		}
		part := rapid.SampledFrom(nonEmpty(parts)).Draw(rt, "part")
		at := rapid.IntRange(0, len(parts[part])-1).Draw(rt, "at")
		parts[part][at] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		ops := &crypto.ProofOps{Ops: []crypto.ProofOp{
			{Type: string(parts[0]), Key: parts[1], Data: parts[2]}, {Type: string(parts[3]), Key: parts[4], Data: parts[5]},
		}}
		if VerifyState(ops, parts[7], string(parts[8]), parts[9], parts[6]) == nil {
			rt.Fatalf("part %d accepted with byte %d changed", part, at)
		}
	})
}

func nonEmpty(parts [][]byte) []int {
	var at []int
	for i, part := range parts {
		if len(part) > 0 {
			at = append(at, i)
		}
	}
	return at
}

func TestAProofInAnotherEncodingIsRefused(t *testing.T) {
	chain, state := newStateChain(t, 3)
	answer, err := state.query("/store/bank/key", balanceKey(7), 2)
	require.NoError(t, err)
	verify := func() error {
		return VerifyState(answer.Proof, chain.light(3).AppHash, "bank", balanceKey(7), answer.Value)
	}
	require.NoError(t, verify())
	for i := range answer.Proof.Ops {
		honest := answer.Proof.Ops[i].Data
		answer.Proof.Ops[i].Data = append(bytes.Clone(honest), 0x78, 0x01) // unknown field 15
		require.ErrorIs(t, verify(), lightclient.ErrProof)
		answer.Proof.Ops[i].Data = honest
	}
	answer.Proof.Ops[0], answer.Proof.Ops[1] = answer.Proof.Ops[1], answer.Proof.Ops[0]
	require.ErrorIs(t, verify(), lightclient.ErrProof)
}
