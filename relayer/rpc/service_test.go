package rpc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"

	"github.com/cometbft/cometbft/crypto/merkle"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

var ctx = context.Background()

func TestAVaultIsValidUntilTheErasEndOrWhileNoHandoverIsUnderWay(t *testing.T) {
	w := newWorld(t)
	s := newService(w.deps())
	answer, err := s.Vault(ctx, &rpcapi.VaultRequest{Contract: 1})
	require.NoError(t, err)
	require.Equal(t, vault.Address, answer.Address)
	require.Equal(t, w.view.Era.EndTime, answer.ValidUntil)
	require.True(t, answer.Open)
	require.Equal(t, rpcapi.Source_SOURCE_NODE, answer.Source)

	w.info.State.Handover = contracttypes.HANDOVER_STAGE_MOVE
	w.info.State.Halts = contracttypes.Halts{Deposits: true, Reason: "stuck"}
	w.info.DepositsOpen, w.info.ClosedReason = false, "stuck"
	answer, err = s.Vault(ctx, &rpcapi.VaultRequest{Contract: 1})
	require.NoError(t, err)
	require.Equal(t, w.view.Time, answer.ValidUntil)
	require.True(t, answer.Handover)
	require.True(t, answer.Halts.Deposits)
	require.Equal(t, "stuck", answer.ClosedReason)

	_, err = s.Vault(ctx, &rpcapi.VaultRequest{Contract: 2})
	require.Equal(t, codes.NotFound, status.Code(err))
}

func TestAHeadSaysWhatItsLightClientIsAt(t *testing.T) {
	w := newWorld(t)
	s := newService(w.deps())
	for _, state := range []lightclient.State{lightclient.Active, lightclient.Frozen} {
		w.client.state = state
		answer, err := s.Heads(ctx, &rpcapi.HeadsRequest{})
		require.NoError(t, err)
		require.Equal(t, rpcapi.Source_SOURCE_LIGHT_CLIENT, answer.Source)
		require.Equal(t, string(state), answer.Heads[0].State)
		require.Equal(t, int64(50), answer.Heads[0].Height)
	}
}

// block makes a verified block of n transactions.
func (w *world) block(height int64, n int) []lightclient.Tx {
	block := &lightclient.Block{ChainID: origin, Height: height, Hash: sha256.Sum256([]byte("block"))}
	for i := range n {
		raw := fmt.Appendf(nil, "transaction %d", i)
		block.Txs = append(block.Txs, lightclient.Tx{Hash: sha256.Sum256(raw), Bytes: raw, Code: uint32(i)})
	}
	w.client.blocks[height] = block
	return block.Txs
}

// record writes a record into the real store and commits twice: the state of the first is what the newest header has the root of.
func (w *world) record(key, value []byte) (root []byte) {
	w.store.GetKVStore(w.key).Set(key, value)
	w.store.Commit()
	root = w.store.LastCommitID().Hash
	w.view.Height = w.store.LastCommitID().Version + 1
	return root
}

func verifies(t *testing.T, proof *rpcapi.StateProof, root []byte) {
	t.Helper()
	var ops cmtcrypto.ProofOps
	require.NoError(t, ops.Unmarshal(proof.ProofOps))
	path := merkle.KeyPath{}.AppendKey([]byte(proof.Store), merkle.KeyEncodingURL).AppendKey(proof.Key, merkle.KeyEncodingURL)
	require.NoError(t, rootmulti.DefaultProofRuntime().VerifyValue(&ops, root, path.String(), proof.Value))
}

func TestADepositComesWithBothProofs(t *testing.T) {
	w := newWorld(t)
	tx := w.block(44, 5)[3]
	hash := hex.EncodeToString(tx.Hash[:])
	deposit := contracttypes.Deposit{Contract: 1, TxHash: tx.Hash[:], Height: 44, Amount: math.NewInt(5000), Status: contracttypes.DEPOSIT_STATUS_MINTED}
	w.deposits[hash] = deposit
	key, err := contracttypes.DepositStoreKey(1, tx.Hash[:], 0)
	require.NoError(t, err)
	raw, err := deposit.Marshal()
	require.NoError(t, err)
	root := w.record(key, raw)

	s := newService(w.deps())
	answer, err := s.Deposit(ctx, &rpcapi.DepositRequest{Contract: 1, TxHash: hash, Prove: true})
	require.NoError(t, err)
	require.True(t, answer.Recorded)
	require.Equal(t, contracttypes.DEPOSIT_STATUS_MINTED, answer.Deposit.Status)
	require.Equal(t, raw, answer.Record.Value)
	verifies(t, answer.Record, root)
	path := cmttypes.TxProof{RootHash: answer.Origin.DataHash, Data: answer.Origin.Tx, Proof: merkle.Proof{
		Total: answer.Origin.Total, Index: answer.Origin.Index, Aunts: answer.Origin.Aunts, LeafHash: cmttypes.Txs{answer.Origin.Tx}.Hash(),
	}}
	require.NoError(t, path.Validate(answer.Origin.DataHash))
	require.Equal(t, uint32(3), answer.Origin.Code)
	require.Equal(t, rpcapi.Source_SOURCE_LIGHT_CLIENT, answer.Origin.Source)

	_, err = s.Deposit(ctx, &rpcapi.DepositRequest{Contract: 1, TxHash: hash, Prove: true})
	require.NoError(t, err)
	require.Equal(t, 1, w.client.fetched, "a block is proven once for all who ask")
	bare, err := s.Deposit(ctx, &rpcapi.DepositRequest{Contract: 1, TxHash: hash})
	require.NoError(t, err)
	require.Nil(t, bare.Record)
	require.Nil(t, bare.Origin)
}

func TestADepositThatIsNotRecordedYetIsLookedForWhereItsSenderSaysItIs(t *testing.T) {
	w := newWorld(t)
	tx := w.block(44, 2)[0]
	s := newService(w.deps())
	request := &rpcapi.DepositRequest{Contract: 1, TxHash: hex.EncodeToString(tx.Hash[:]), Prove: true, OriginHeight: 44}
	answer, err := s.Deposit(ctx, request)
	require.NoError(t, err)
	require.False(t, answer.Recorded)
	require.Equal(t, uint64(40), answer.ObservedHeight)
	require.Equal(t, int64(50), answer.OriginHead)
	require.Equal(t, tx.Bytes, answer.Origin.Tx)

	for name, c := range map[string]struct {
		change func(*rpcapi.DepositRequest)
		want   codes.Code
	}{
		"another block's":     {func(r *rpcapi.DepositRequest) { r.TxHash = hex.EncodeToString(make([]byte, 32)) }, codes.NotFound},
		"at the proven head":  {func(r *rpcapi.DepositRequest) { r.OriginHeight = 50 }, codes.OutOfRange},
		"below the first":     {func(r *rpcapi.DepositRequest) { r.OriginHeight = -1 }, codes.OutOfRange},
		"no hash":             {func(r *rpcapi.DepositRequest) { r.TxHash = "xyz" }, codes.InvalidArgument},
		"a block nobody has":  {func(r *rpcapi.DepositRequest) { r.OriginHeight = 45 }, codes.Unavailable},
		"an unknown contract": {func(r *rpcapi.DepositRequest) { r.Contract = 2 }, codes.NotFound},
	} {
		bad := *request
		c.change(&bad)
		_, err := s.Deposit(ctx, &bad)
		require.Equal(t, c.want, status.Code(err), name)
	}
	w.client.state = lightclient.Frozen
	bad := *request
	bad.OriginHeight = 43
	_, err = s.Deposit(ctx, &bad)
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.ErrorContains(t, err, "FROZEN")
}

func TestARedemptionComesWithTheProofOfItsRecord(t *testing.T) {
	w := newWorld(t)
	key, err := contracttypes.RedemptionStoreKey(9)
	require.NoError(t, err)
	stored := redemption()
	raw, err := stored.Marshal()
	require.NoError(t, err)
	root := w.record(key, raw)
	s := newService(w.deps())
	answer, err := s.Redemption(ctx, &rpcapi.RedemptionRequest{Id: 9, Prove: true})
	require.NoError(t, err)
	require.Equal(t, raw, answer.Record.Value)
	verifies(t, answer.Record, root)
	_, err = s.Redemption(ctx, &rpcapi.RedemptionRequest{Id: 10})
	require.Equal(t, codes.NotFound, status.Code(err))
}

func TestSolvencyHasTheBooksAndWhatTheVaultsAreProvenToHold(t *testing.T) {
	w := newWorld(t)
	s := newService(w.deps())
	answer, err := s.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: 1})
	require.NoError(t, err)
	require.Equal(t, "700", answer.Books.Supply.String())
	require.Equal(t, "777", answer.Total.String())
	require.Equal(t, int64(49), answer.Vaults[0].OriginHeight)
	for range 5 {
		_, err = s.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: 1})
		require.NoError(t, err)
	}
	require.Equal(t, 1, w.client.fetched)
	w.client.head += freshEnough
	_, err = s.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: 1})
	require.NoError(t, err)
	require.Equal(t, 2, w.client.fetched)
	w.client.state = lightclient.Expired
	answer, err = s.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: 1})
	require.NoError(t, err)
	require.Contains(t, answer.Unproven, "EXPIRED")
	require.Empty(t, answer.Vaults)
}

func TestManyWhoAskForOneBlockCauseOneFetchOfIt(t *testing.T) {
	w := newWorld(t)
	tx := w.block(44, 1)[0]
	s := newService(w.deps())
	var group sync.WaitGroup
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			_, err := s.origin.proof(ctx, origin, 44, tx.Hash)
			if err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	require.LessOrEqual(t, w.client.fetched, 20)
	require.Equal(t, 1, s.origin.proofs.Len())
}

func TestNothingIsToldOfAChainThatTheNodeHasLost(t *testing.T) {
	w := newWorld(t)
	deps := w.deps()
	deps.View = func() (stafi.View, error) {
		return stafi.View{}, status.Error(codes.Unavailable, "newest block is old")
	}
	s := newService(deps)
	_, err := s.Member(ctx, &rpcapi.MemberRequest{})
	require.Equal(t, codes.Unavailable, status.Code(err))
	_, err = s.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: 1})
	require.Equal(t, codes.Unavailable, status.Code(err))
}
