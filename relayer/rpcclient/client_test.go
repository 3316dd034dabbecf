package rpcclient_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/store/v2"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/rpcclient"
)

func account(era uint64) rpcclient.Account {
	return rpcclient.Account{ChainID: "stafi-1", Era: era, Contract: 1, Operator: "stafivaloper1", Client: "stafi1"}
}

func TestCountsGoOnInAnotherProcessAndBeginAnewForAnotherAccount(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rpc", "counts.json")
	for want := range uint64(3) {
		calls, err := rpcclient.NewFileCounts(path).Next(account(5))
		require.NoError(t, err)
		require.Equal(t, want+1, calls)
	}
	for name, change := range map[string]func(*rpcclient.Account){
		"chain": func(a *rpcclient.Account) { a.ChainID = "stafi-2" }, "era": func(a *rpcclient.Account) { a.Era = 6 },
		"contract": func(a *rpcclient.Account) { a.Contract = 2 }, "operator": func(a *rpcclient.Account) { a.Operator = "other" },
		"client": func(a *rpcclient.Account) { a.Client = "other" },
	} {
		other := account(5)
		change(&other)
		calls, err := rpcclient.NewFileCounts(path).Next(other)
		require.NoError(t, err)
		require.Equal(t, uint64(1), calls, name)
	}
	calls, err := rpcclient.NewFileCounts(path).Next(account(5))
	require.NoError(t, err)
	require.Equal(t, uint64(4), calls)
}

func TestCountsOfPastErasAreDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counts.json")
	counts := rpcclient.NewFileCounts(path)
	for era := range uint64(50) {
		_, err := counts.Next(account(era + 1))
		require.NoError(t, err)
	}
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Less(t, len(raw), 600)
}

func TestAFileThatIsNoneOfCountsIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counts.json")
	require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
	_, err := rpcclient.NewFileCounts(path).Next(account(1))
	require.ErrorContains(t, err, "no file of counts")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "precious", string(raw))
}

func TestAnEndpointIsAURL(t *testing.T) {
	for _, bad := range []string{"", "host:9990", "tcp://host:9990", "http://"} {
		_, err := rpcclient.Dial(bad, rpcclient.Options{})
		require.ErrorContains(t, err, "want http://host:port", bad)
	}
}

type brokenCounts struct{}

var errCounts = errors.New("no counts")

func (brokenCounts) Next(rpcclient.Account) (uint64, error) { return 0, errCounts }

func TestNoCallIsMadeToAMemberThatCantBeAskedWhoItIs(t *testing.T) {
	client, err := rpcclient.Dial("http://127.0.0.1:1", rpcclient.Options{
		ChainID: "stafi-1", Signer: &rpcclient.Signer{}, Counts: brokenCounts{},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	_, err = client.Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.ErrorContains(t, err, "asking the member who it is")
}

// proven is a record in a real store with its proof.
func proven(t *testing.T) (*rpcapi.StateProof, []byte) {
	t.Helper()
	key := storetypes.NewKVStoreKey("contracts")
	cms := store.NewCommitMultiStore(dbm.NewMemDB(), log.NewNopLogger())
	cms.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	cms.MountStoreWithDB(storetypes.NewKVStoreKey("other"), storetypes.StoreTypeIAVL, nil)
	require.NoError(t, cms.LoadLatestVersion())
	cms.GetKVStore(key).Set([]byte("key"), []byte("value"))
	cms.GetKVStore(key).Set([]byte("kez"), []byte("other"))
	cms.Commit()
	answer, err := cms.(storetypes.Queryable).Query(&storetypes.RequestQuery{Path: "/contracts/key", Data: []byte("key"), Height: 1, Prove: true})
	require.NoError(t, err)
	ops, err := answer.ProofOps.Marshal()
	require.NoError(t, err)
	return &rpcapi.StateProof{Store: "contracts", Key: []byte("key"), Value: []byte("value"), Height: 1, ProofOps: ops}, cms.LastCommitID().Hash
}

func TestAStateProofHoldsForItsRecordAndNoOther(t *testing.T) {
	proof, root := proven(t)
	require.NoError(t, rpcclient.VerifyState(proof, root))
	for name, change := range map[string]func(*rpcapi.StateProof){
		"value": func(p *rpcapi.StateProof) { p.Value = []byte("valuf") }, "key": func(p *rpcapi.StateProof) { p.Key = []byte("kez") },
		"store": func(p *rpcapi.StateProof) { p.Store = "other" }, "proof": func(p *rpcapi.StateProof) { p.ProofOps = nil },
		"garbage": func(p *rpcapi.StateProof) { p.ProofOps = []byte{0xff} },
	} {
		bad, _ := proven(t)
		change(bad)
		require.ErrorIs(t, rpcclient.VerifyState(bad, root), rpcclient.ErrProof, name)
	}
	other := sha256.Sum256([]byte("another header's"))
	require.ErrorIs(t, rpcclient.VerifyState(proof, other[:]), rpcclient.ErrProof)
}

func TestAnOriginProofHoldsForItsTransactionAndBlockOnly(t *testing.T) {
	txs := cmttypes.Txs{[]byte("a"), []byte("b"), []byte("c"), []byte("d"), []byte("e")}
	of := func(i int) *rpcapi.OriginProof {
		path := txs.Proof(i)
		return &rpcapi.OriginProof{
			DataHash: path.RootHash, Tx: txs[i], Index: path.Proof.Index, Total: path.Proof.Total, Aunts: path.Proof.Aunts,
		}
	}
	for i := range txs {
		require.NoError(t, rpcclient.VerifyOrigin(of(i), txs.Hash()))
		bad := of(i)
		bad.Tx = []byte("forged")
		require.ErrorIs(t, rpcclient.VerifyOrigin(bad, txs.Hash()), rpcclient.ErrProof)
		bad = of(i)
		bad.Index = (bad.Index + 1) % 5
		require.ErrorIs(t, rpcclient.VerifyOrigin(bad, txs.Hash()), rpcclient.ErrProof)
	}
	require.ErrorIs(t, rpcclient.VerifyOrigin(of(0), txs[1:].Hash()), rpcclient.ErrProof)
}
