package observe

import (
	"context"
	"errors"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	lightethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/lightclient/store"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// stateTree is the state after a block: of all accounts that of the Safe, and some others so that a path has branches.
type stateTree struct {
	accounts, storage *trie.Trie
}

func newStateTree(t testing.TB, s *safeScene, state *evmtest.Chain, slots []common.Hash) stateTree {
	t.Helper()
	tree := stateTree{accounts: trie.NewEmpty(nil), storage: trie.NewEmpty(nil)}
	for _, slot := range slots {
		if value := state.Storage(s.safe, slot); value != (common.Hash{}) {
			encoded, err := rlp.EncodeToBytes(common.TrimLeftZeroes(value[:]))
			require.NoError(t, err)
			require.NoError(t, tree.storage.Update(crypto.Keccak256(slot[:]), encoded))
		}
	}
	for _, address := range []common.Address{s.safe, s.staker, s.sender, s.deposit} {
		account := ethtypes.NewEmptyStateAccount()
		account.Balance.SetFromBig(state.Balance(address))
		if code := state.Code(address); len(code) > 0 {
			account.CodeHash = crypto.Keccak256(code)
		}
		if address == s.safe {
			account.Root = tree.storage.Hash()
		}
		encoded, err := rlp.EncodeToBytes(account)
		require.NoError(t, err)
		require.NoError(t, tree.accounts.Update(crypto.Keccak256(address[:]), encoded))
	}
	return tree
}

// provenPath takes a trie's nodes on the way to a key.
type provenPath struct{ execution.Path }

func (p *provenPath) Put(_, node []byte) error { p.Path = append(p.Path, node); return nil }

func (p *provenPath) Delete([]byte) error { return errors.New("a path is only added to") }

func (p *provenPath) DeleteRange(_, _ []byte) error { return errors.New("a path is only added to") }

func prove(t testing.TB, tree *trie.Trie, key []byte) execution.Path {
	var path provenPath
	require.NoError(t, tree.Prove(crypto.Keccak256(key), &path))
	return path.Path
}

// safeSource is an untrusted source of a network on which a scene happened. What a hook alters is a lie.
type safeSource struct {
	t      testing.TB
	name   string
	beacon *ethtest.Chain
	states map[common.Hash]stateTree
	alter  func(number uint64, receipts execution.List) execution.List
	proof  func(*lightethereum.StateProof)
}

func (s *safeSource) Name() string { return s.name }

func (s *safeSource) Bootstrap(context.Context, beacon.Root) (*beacon.Bootstrap, error) {
	return s.beacon.Bootstrap(1), nil
}

func (s *safeSource) Updates(_ context.Context, period uint64, _ int) ([]*beacon.Update, error) {
	return []*beacon.Update{s.beacon.PeriodUpdate(period)}, nil
}

func (s *safeSource) FinalityUpdate(context.Context) (*beacon.Update, error) {
	return s.beacon.FinalityUpdate(uint64(len(s.beacon.Blocks)) - 2), nil
}

func (s *safeSource) BlockRoot(_ context.Context, slot uint64) (beacon.Root, error) {
	return s.beacon.Blocks[slot].Root, nil
}

func (s *safeSource) block(hash common.Hash) (*ethtest.Block, error) {
	for _, b := range s.beacon.Blocks {
		if b.Hash == hash {
			return b, nil
		}
	}
	return nil, lightclient.ErrHeightUnavailable
}

func (s *safeSource) Header(_ context.Context, hash common.Hash) ([]byte, error) {
	b, err := s.block(hash)
	if err != nil {
		return nil, err
	}
	return b.RawHeader, nil
}

func (s *safeSource) Headers(_ context.Context, from, to uint64) (raws [][]byte, err error) {
	for _, b := range s.beacon.Blocks[from : to+1] { // a block in every slot
		raws = append(raws, b.RawHeader)
	}
	return raws, nil
}

func (s *safeSource) Transactions(_ context.Context, hash common.Hash) (execution.List, error) {
	b, err := s.block(hash)
	if err != nil {
		return nil, err
	}
	return b.Transactions, nil
}

func (s *safeSource) Receipts(_ context.Context, hash common.Hash) (execution.List, error) {
	b, err := s.block(hash)
	if err != nil || s.alter == nil {
		return b.Receipts, err
	}
	return s.alter(b.Number, b.Receipts), nil
}

func (s *safeSource) Proof(_ context.Context, hash common.Hash, account common.Address, slots []common.Hash) (lightethereum.StateProof, error) {
	tree := s.states[hash]
	proof := lightethereum.StateProof{Account: prove(s.t, tree.accounts, account[:])}
	for _, slot := range slots {
		proof.Slots = append(proof.Slots, prove(s.t, tree.storage, slot[:]))
	}
	if s.proof != nil {
		s.proof(&proof)
	}
	return proof, nil
}

func (s *safeSource) SendTransaction(context.Context, []byte) error { return nil }

// receiptsOf are a scene's receipts of a block as the network commits to them, with the transactions.
func receiptsOf(t testing.TB, s *safeScene, number uint64) (transactions, receipts execution.List) {
	t.Helper()
	for i, r := range s.chain.receipts[number] {
		receipt := &ethtypes.Receipt{Type: ethtypes.DynamicFeeTxType, CumulativeGasUsed: uint64(i+1) * 50_000}
		if r.Succeeded {
			receipt.Status = ethtypes.ReceiptStatusSuccessful
		}
		for _, l := range r.Logs {
			receipt.Logs = append(receipt.Logs, &ethtypes.Log{Address: l.Address, Topics: l.Topics, Data: l.Data})
		}
		receipt.Bloom = ethtypes.CreateBloom(receipt)
		raw, err := receipt.MarshalBinary()
		require.NoError(t, err)
		transactions, receipts = append(transactions, s.raw[r.TxHash]), append(receipts, raw)
	}
	return transactions, receipts
}

// verified is a light client that follows, from untrusted sources, a network on which the scene happened: blocks 11 and on.
func verified(t testing.TB, s *safeScene, sources ...*safeSource) *lightethereum.Client {
	t.Helper()
	for s.number < 40 {
		s.mine()
	}
	slots := []common.Hash{vaultethereum.NonceSlot()}
	wanted, err := storageOf(s.in.Vaults[0])
	require.NoError(t, err)
	for _, slot := range wanted {
		slots = append(slots, slot.Key)
	}
	trees := map[uint64]stateTree{}
	for number := uint64(10); number <= s.number; number++ {
		trees[number] = newStateTree(t, s, s.chain.states[number], slots)
	}
	chain := ethtest.New(ethtest.Network(), 1, s.number, func(slot uint64) (execution.List, execution.List, common.Hash) {
		if slot < 10 {
			return nil, nil, common.Hash{}
		}
		transactions, receipts := receiptsOf(t, s, slot)
		return transactions, receipts, trees[slot].accounts.Hash()
	})
	states := map[common.Hash]stateTree{}
	for number, tree := range trees {
		states[chain.Blocks[number].Hash] = tree
	}
	var beacons []lightethereum.BeaconSource
	var blocks []lightethereum.ExecutionSource
	for _, source := range sources {
		source.t, source.beacon, source.states = t, chain, states
		beacons, blocks = append(beacons, source), append(blocks, source)
	}
	patient := pool.Config{HedgeDelay: time.Minute}
	beaconPool, err := lightethereum.NewBeaconPool(beacons, patient)
	require.NoError(t, err)
	blockPool, err := lightethereum.NewExecutionPool(blocks, patient)
	require.NoError(t, err)
	db, err := store.New(dbm.NewMemDB(), lightethereum.Kind, safeChainID)
	require.NoError(t, err)
	client, err := lightethereum.New(lightethereum.Config{
		ChainID: safeChainID, Network: chain.Network, WeakSubjectivity: 24 * time.Hour,
		Now: func() time.Time { return chain.Now(uint64(len(chain.Blocks))) },
	}, beaconPool, blockPool, db)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	require.NoError(t, client.Bootstrap(t.Context(), lightclient.Checkpoint{Height: 1, Hash: chain.Blocks[1].Root}))
	_, err = client.Sync(t.Context())
	require.NoError(t, err)
	// What the scene says of a block is what the network does.
	for number := uint64(10); number <= s.number; number++ {
		s.chain.headers[number].Hash = chain.Blocks[number].Hash
	}
	return client
}

// eventful has, in blocks 11 to 13, a Safe that is deployed, deposits, a failed payout and a handover.
func eventful(t testing.TB) *safeScene {
	first := members(t, "a", 1, 4, 3)
	s := undeployed(t, first)
	s.deploySafe(first)
	s.deployDeposit()
	s.stake("stafi1", 1_000_000_000_000_000_000)
	s.mine()
	next := s.successor("b", 2, 4, 3)
	first.Address = s.safe.Hex()
	s.pay(6)
	s.execute(s.open(6, first, s.paying(testFee, toAddress(s.reverting(), 7))))
	s.mine()
	s.hand(7, first, next, testFee)
	s.stake("stafi1", 8)
	s.mine()
	return s
}

func TestWhatTheLightClientProvesFromUntrustedSourcesIsWhatHappened(t *testing.T) {
	s := eventful(t)
	client := verified(t, s, &safeSource{name: "a"}, &safeSource{name: "b"})
	head, err := client.Head()
	require.NoError(t, err)
	require.Equal(t, uint64(head.Height), Provable(client, uint64(head.Height)))
	for to := uint64(11); to <= uint64(head.Height); to++ {
		s.in.To = to
		want, _, err := Derive(t.Context(), s.in, wide)
		require.NoError(t, err)
		in := s.in
		in.Ethereum = EthereumView(client)
		got, _, err := Derive(t.Context(), in, wide)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	o, _, err := Derive(t.Context(), s.in, wide)
	require.NoError(t, err)
	require.Len(t, o.Events, 6)
	require.Equal(t, uint32(1), executionOf(t, o.Events[2]).Code)
	require.Equal(t, uint64(2), o.Events[4].Vault())

	balance, err := Balance(t.Context(), client, s.in.Contract, s.safe.Hex(), 13)
	require.NoError(t, err)
	require.Equal(t, s.chain.states[13].Balance(s.safe).String(), balance.String())
	at, err := BlockTime(t.Context(), client, 13)
	require.NoError(t, err)
	require.Equal(t, ethtest.Genesis.Add(13*6*time.Second), at)
}

func TestTheAccountOfASafeIsProvenByItsStorage(t *testing.T) {
	first := members(t, "a", 1, 4, 3)
	s := undeployed(t, first)
	s.mine()
	s.deploySafe(first)
	s.deployDeposit()
	s.mine()
	client := verified(t, s, &safeSource{name: "a"}, &safeSource{name: "b"})
	s.in.Ethereum = EthereumView(client)
	s.in.To = 11
	o, _, err := Derive(t.Context(), s.in, wide)
	require.NoError(t, err)
	require.Empty(t, o.Events)
	s.in.To = 12
	o, _, err = Derive(t.Context(), s.in, wide)
	require.NoError(t, err)
	require.True(t, o.Events[0].GetAccount().Plain)
	s.in.Vaults[0].Threshold = 2
	o, _, err = Derive(t.Context(), s.in, wide)
	require.NoError(t, err)
	require.False(t, o.Events[0].GetAccount().Plain)
}

func TestALieOfASourceIsNoObservationAndAnotherSourceIsAsked(t *testing.T) {
	leaveOut := func(number uint64, receipts execution.List) execution.List {
		if number == 13 && len(receipts) > 1 {
			return receipts[:len(receipts)-1]
		}
		return receipts
	}
	forge := func(p *lightethereum.StateProof) {
		last := p.Account[len(p.Account)-1]
		last = append([]byte{}, last...)
		last[len(last)-1] ^= 1
		p.Account[len(p.Account)-1] = last
	}
	for name, lie := range map[string]safeSource{
		"a deposit left out":   {alter: leaveOut},
		"a balance made up":    {proof: forge},
		"no path to a balance": {proof: func(p *lightethereum.StateProof) { p.Account = p.Account[:1] }},
	} {
		t.Run(name, func(t *testing.T) {
			s := eventful(t)
			a, b := lie, lie
			a.name, b.name = "a", "b"
			client := verified(t, s, &a, &b)
			s.in.To = 13
			want, _, err := Derive(t.Context(), s.in, wide)
			require.NoError(t, err)
			in := s.in
			in.Ethereum = EthereumView(client)
			_, _, err = Derive(t.Context(), in, wide)
			require.Error(t, err, "both lie")

			b.alter, b.proof = nil, nil
			client = verified(t, s, &a, &b)
			in.Ethereum = EthereumView(client)
			got, _, err := Derive(t.Context(), in, wide)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestWhatIsNotFinalIsNotObserved(t *testing.T) {
	s := eventful(t)
	client := verified(t, s, &safeSource{name: "a"}, &safeSource{name: "b"})
	head, err := client.Head()
	require.NoError(t, err)
	s.in.Ethereum, s.in.To = EthereumView(client), uint64(head.Height)+1
	_, _, err = Derive(t.Context(), s.in, wide)
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
}
