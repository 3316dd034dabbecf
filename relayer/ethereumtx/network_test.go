package ethereumtx_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
	"github.com/stafiprotocol/stafid/relayer/journal"
)

const gwei = 1_000_000_000

var errDown = errors.New("node is down")

// network is one chain that executes on go-ethereum's EVM, with nodes that have each their own mempool, under the rules that nodes have.
type network struct {
	t     *testing.T
	chain *evmtest.Chain
	base  *big.Int
	nonce map[common.Address]uint64
	nodes []*node
	now   time.Time
	// executed are the transactions in blocks, in order, with their receipts.
	executed []executed
	// proven is the account's nonce in the newest final state, final that state and finalAt its time.
	proven  map[common.Address]uint64
	final   *evmtest.Chain
	finalAt time.Time
}

type executed struct {
	tx      *types.Transaction
	from    common.Address
	receipt evmtest.Receipt
}

func newNetwork(t *testing.T, nodes int) *network {
	n := &network{
		t: t, chain: evmtest.New(t), base: big.NewInt(gwei), nonce: map[common.Address]uint64{}, proven: map[common.Address]uint64{},
		now: time.Unix(1_800_000_000, 0),
	}
	n.chain.DeploySafeContracts()
	n.finalize()
	for range nodes {
		n.nodes = append(n.nodes, &node{network: n, mempool: map[common.Hash]*types.Transaction{}})
	}
	return n
}

// block executes what any node's mempool has and pays the base fee, by nonce, at the price that EIP-1559 makes of its offer.
func (n *network) block() {
	n.now = n.now.Add(12 * time.Second)
	for {
		tx, from := n.next()
		if tx == nil {
			break
		}
		n.execute(tx, from)
	}
	for _, node := range n.nodes {
		for hash, tx := range node.mempool {
			if tx.Nonce() < n.nonce[sender(tx)] {
				delete(node.mempool, hash)
			}
		}
	}
}

// next is the best paid transaction that can be executed now.
func (n *network) next() (best *types.Transaction, from common.Address) {
	for _, node := range n.nodes {
		for _, tx := range node.mempool {
			if tx.Nonce() != n.nonce[sender(tx)] || tx.GasFeeCap().Cmp(n.base) < 0 {
				continue
			}
			if best == nil || tx.GasTipCap().Cmp(best.GasTipCap()) > 0 {
				best, from = tx, sender(tx)
			}
		}
	}
	return best, from
}

func (n *network) execute(tx *types.Transaction, from common.Address) {
	price := new(big.Int).Add(n.base, tx.GasTipCap())
	if price.Cmp(tx.GasFeeCap()) > 0 {
		price = tx.GasFeeCap()
	}
	receipt := n.chain.Send(evmtest.Tx{From: from, To: tx.To(), Value: tx.Value(), Data: tx.Data(), Gas: tx.Gas(), Price: price})
	n.nonce[from]++
	n.executed = append(n.executed, executed{tx: tx, from: from, receipt: receipt})
}

func (n *network) finalize() {
	n.final, n.finalAt = n.chain.Fork(), n.now
	for account, nonce := range n.nonce {
		n.proven[account] = nonce
	}
}

// of are the transactions of an account that were executed.
func (n *network) of(account common.Address) []executed {
	return slices.DeleteFunc(slices.Clone(n.executed), func(e executed) bool { return e.from != account })
}

func sender(tx *types.Transaction) common.Address {
	from, err := types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
	if err != nil {
		panic(err)
	}
	return from
}

// node is an execution node with the faults that a test gives it.
type node struct {
	network *network
	mempool map[common.Hash]*types.Transaction
	sent    []*types.Transaction

	down bool
	// answersLooks: a node that is down for transactions only.
	answersLooks bool
	look         func(ethereumtx.Look) ethereumtx.Look
	refuse       error
	reverts      string
	used         bool
	storage      func(common.Hash) common.Hash
	// received is called with what arrives, before the mempool has it.
	received func()
}

var _ ethereumtx.Node = (*node)(nil)

func (n *node) Name() string { return "node" }

func (n *node) isDown() bool { return n.down && !n.answersLooks }

func (n *node) Look(_ context.Context, account common.Address) (ethereumtx.Look, error) {
	if n.isDown() {
		return ethereumtx.Look{}, errDown
	}
	found := ethereumtx.Look{Nonce: n.network.nonce[account], BaseFee: new(big.Int).Set(n.network.base)}
	if n.look != nil {
		found = n.look(found)
	}
	return found, nil
}

func (n *node) Simulate(_ context.Context, from, to common.Address, gas uint64, data []byte) (bool, string, error) {
	if n.isDown() {
		return false, "", errDown
	}
	if n.reverts != "" {
		return true, n.reverts, nil
	}
	fork := n.network.chain.Fork()
	fork.Fund(from, evmtest.Ether(1))
	receipt := fork.Send(evmtest.Tx{From: from, To: &to, Data: data, Gas: gas})
	return receipt.Reverted, receipt.Reason, nil
}

func (n *node) Storage(_ context.Context, account common.Address, slot common.Hash) (common.Hash, error) {
	if n.isDown() {
		return common.Hash{}, errDown
	}
	value := n.network.chain.Storage(account, slot)
	if n.storage != nil {
		value = n.storage(value)
	}
	return value, nil
}

func (n *node) HasCode(_ context.Context, account common.Address) (bool, error) {
	if n.isDown() {
		return false, errDown
	}
	return len(n.network.chain.Code(account)) > 0, nil
}

// Send has go-ethereum's rules: a replacement offers a tenth more of both.
func (n *node) Send(_ context.Context, tx *types.Transaction) (ethereumtx.Verdict, error) {
	if n.received != nil {
		n.received()
	}
	if n.down {
		return ethereumtx.Taken, errDown
	}
	if n.used {
		return ethereumtx.Used, nil
	}
	if n.refuse != nil {
		return ethereumtx.Refused, n.refuse
	}
	n.sent = append(n.sent, tx)
	from := sender(tx)
	if tx.Nonce() < n.network.nonce[from] {
		return ethereumtx.Used, nil
	}
	if n.network.chain.Balance(from).Cmp(tx.Cost()) < 0 {
		return ethereumtx.Poor, errors.New("insufficient funds for gas * price + value")
	}
	for hash, other := range n.mempool {
		if hash == tx.Hash() {
			return ethereumtx.Taken, nil
		}
		if sender(other) == from && other.Nonce() == tx.Nonce() {
			if !tenthMore(tx.GasFeeCap(), other.GasFeeCap()) || !tenthMore(tx.GasTipCap(), other.GasTipCap()) {
				return ethereumtx.Underpriced, nil
			}
			delete(n.mempool, hash)
		}
	}
	n.mempool[tx.Hash()] = tx
	return ethereumtx.Taken, nil
}

func tenthMore(a, b *big.Int) bool {
	least := new(big.Int).Mul(b, big.NewInt(110))
	return a.Cmp(least.Quo(least, big.NewInt(100))) >= 0
}

// payer is an account whose sender has its journal on a disk that outlives processes.
type payer struct {
	*network
	key     *ecdsa.PrivateKey
	account common.Address
	disk    dbm.DB
	policy  ethereumtx.Policy
	sender  *ethereumtx.Sender
}

func (n *network) payer(name string) *payer {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	require.NoError(n.t, err)
	p := &payer{
		network: n, key: key, account: crypto.PubkeyToAddress(key.PublicKey), disk: dbm.NewMemDB(),
		policy: ethereumtx.Policy{Max: big.NewInt(100 * gwei), Tip: big.NewInt(gwei)},
	}
	n.chain.Fund(p.account, evmtest.Ether(10))
	p.restart()
	return p
}

// restart begins a new process on the same disk.
func (p *payer) restart() {
	memory, err := journal.New(p.disk, journal.Owner{ChainID: "stafi-test-1", Submitter: p.account.Hex()})
	require.NoError(p.t, err)
	var nodes []ethereumtx.Node
	for _, node := range p.nodes {
		nodes = append(nodes, node)
	}
	p.sender = ethereumtx.NewSender(ethereumtx.Config{
		ChainID: "eip155-1", Number: evmtest.Number, Account: p.account, Policy: p.policy, Nodes: nodes, Journal: memory,
		Sign:       func(digest common.Hash) ([]byte, error) { return crypto.Sign(digest.Bytes(), p.key) },
		Proven:     func(context.Context) (uint64, error) { return p.proven[p.account], nil },
		ProvenTime: func() time.Time { return p.finalAt }, Now: func() time.Time { return p.now },
	})
}

// round is one look at everything: the intents with start, and the others' keys that are live. It returns the intents' errors.
func (p *payer) round(start bool, intents ...ethereumtx.Intent) error {
	var errs []error
	live := map[string]bool{}
	errs = append(errs, p.sender.Begin(p.t.Context()))
	for _, intent := range intents {
		live[intent.Key] = true
		_, err := p.sender.Want(p.t.Context(), intent, start)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, p.sender.End(p.t.Context(), live))...)
}

// rounds lets a look and a block follow each other.
func (p *payer) rounds(count int, intents ...ethereumtx.Intent) {
	p.t.Helper()
	for range count {
		require.NoError(p.t, p.round(true, intents...))
		p.block()
	}
}

func (p *payer) idle() bool {
	idle, err := p.sender.Idle()
	require.NoError(p.t, err)
	return idle
}
