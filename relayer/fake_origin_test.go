package relayer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
)

const (
	originChain  = "origin-1"
	originPrefix = "orig"
	originDenom  = "uorig"
	// checkpointHeight is where the contract's observation begins.
	checkpointHeight = 50
)

var errKilled = errors.New("process was killed")

// fakeOrigin is an original chain behind a light client that has proven everything: bank transfers, accounts and sequences.
type fakeOrigin struct {
	mu       sync.Mutex
	blocks   map[int64]*lightclient.Block
	states   map[int64]map[string][]byte
	balances map[string]int64
	accounts map[string]*authtypes.BaseAccount
	height   int64
	mempool  [][]byte
	state    lightclient.State
	// handed counts the distinct transactions that were handed over.
	handed  map[[32]byte]int
	refusal error
	stuck   bool
}

func newFakeOrigin() *fakeOrigin {
	f := &fakeOrigin{
		blocks: map[int64]*lightclient.Block{}, states: map[int64]map[string][]byte{}, balances: map[string]int64{},
		accounts: map[string]*authtypes.BaseAccount{}, height: checkpointHeight - 1, state: lightclient.Active, handed: map[[32]byte]int{},
	}
	f.nextBlock()
	return f
}

// give credits an address and creates its account.
func (f *fakeOrigin) give(address string, amount int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.credit(address, amount)
}

func (f *fakeOrigin) credit(address string, amount int64) {
	f.balances[address] += amount
	if f.accounts[address] == nil {
		f.accounts[address] = &authtypes.BaseAccount{Address: address, AccountNumber: uint64(len(f.accounts) + 1)}
	}
}

// nextBlock executes the mempool and moves the head on.
func (f *fakeOrigin) nextBlock() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.height++
	block := &lightclient.Block{
		ChainID: originChain, Height: f.height, Time: time.Unix(1_700_000_000+f.height, 0).UTC(),
		Hash: sha256.Sum256(fmt.Appendf(nil, "block %d", f.height)),
	}
	txs := f.mempool
	if f.stuck {
		txs = nil
	} else {
		f.mempool = nil
	}
	for _, raw := range txs {
		block.Txs = append(block.Txs, lightclient.Tx{
			Hash: sha256.Sum256(raw), Bytes: raw, Code: f.execute(raw), GasWanted: 200_000, GasUsed: 90_000,
		})
	}
	f.blocks[f.height] = block
	f.states[f.height] = f.snapshot()
}

func (f *fakeOrigin) execute(raw []byte) uint32 {
	var tx txtypes.TxRaw
	var body txtypes.TxBody
	var auth txtypes.AuthInfo
	if proto.Unmarshal(raw, &tx) != nil || proto.Unmarshal(tx.BodyBytes, &body) != nil || proto.Unmarshal(tx.AuthInfoBytes, &auth) != nil {
		return 2
	}
	from, outputs := transfersOf(body)
	if f.accounts[from] == nil || f.accounts[from].Sequence != auth.SignerInfos[0].Sequence {
		return 32
	}
	if body.TimeoutHeight != 0 && uint64(f.height) > body.TimeoutHeight {
		return 30
	}
	f.accounts[from].Sequence++
	f.balances[from] -= auth.Fee.Amount.AmountOf(originDenom).Int64()
	for to, amount := range outputs {
		if f.balances[from] < amount {
			return 5
		}
		f.balances[from] -= amount
		f.credit(to, amount)
	}
	return 0
}

// transfersOf is the sender and the outputs of a MsgSend or MsgMultiSend.
func transfersOf(body txtypes.TxBody) (from string, outputs map[string]int64) {
	outputs = map[string]int64{}
	for _, packed := range body.Messages {
		var send banktypes.MsgSend
		var multi banktypes.MsgMultiSend
		switch {
		case packed.TypeUrl == "/cosmos.bank.v1beta1.MsgSend" && proto.Unmarshal(packed.Value, &send) == nil:
			from, outputs[send.ToAddress] = send.FromAddress, send.Amount.AmountOf(originDenom).Int64()
		case packed.TypeUrl == "/cosmos.bank.v1beta1.MsgMultiSend" && proto.Unmarshal(packed.Value, &multi) == nil:
			from = multi.Inputs[0].Address
			for _, output := range multi.Outputs {
				outputs[output.Address] += output.Coins.AmountOf(originDenom).Int64()
			}
		}
	}
	return from, outputs
}

func (f *fakeOrigin) snapshot() map[string][]byte {
	state := map[string][]byte{}
	for address, amount := range f.balances {
		key, err := observe.BalanceKey(address, originDenom)
		if err != nil {
			panic(err)
		}
		value, err := math.NewInt(amount).Marshal()
		if err != nil {
			panic(err)
		}
		state[observe.BankStore+string(key)] = value
	}
	for address, account := range f.accounts {
		key, err := observe.AccountKey(address)
		if err != nil {
			panic(err)
		}
		packed, err := codectypes.NewAnyWithValue(account)
		if err != nil {
			panic(err)
		}
		value, err := packed.Marshal()
		if err != nil {
			panic(err)
		}
		state[observe.AuthStore+string(key)] = value
	}
	return maps.Clone(state)
}

// send puts a transfer of a plain account into the mempool.
func (f *fakeOrigin) send(t *testing.T, from, to string, amount int64, memo string) {
	t.Helper()
	msg := &banktypes.MsgSend{FromAddress: from, ToAddress: to, Amount: sdk.NewCoins(sdk.NewInt64Coin(originDenom, amount))}
	packed, err := codectypes.NewAnyWithValue(msg)
	require.NoError(t, err)
	body, err := proto.Marshal(&txtypes.TxBody{Messages: []*codectypes.Any{packed}, Memo: memo})
	require.NoError(t, err)
	f.mu.Lock()
	sequence := f.accounts[from].Sequence
	f.mu.Unlock()
	auth, err := proto.Marshal(&txtypes.AuthInfo{SignerInfos: []*txtypes.SignerInfo{{Sequence: sequence}}, Fee: &txtypes.Fee{GasLimit: 1}})
	require.NoError(t, err)
	raw, err := proto.Marshal(&txtypes.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{make([]byte, 64)}})
	require.NoError(t, err)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mempool = append(f.mempool, raw)
}

// fakeClient is the light client of one process over the fake chain.
type fakeClient struct {
	f     *fakeOrigin
	alive func() bool
}

var _ lightclient.Client = fakeClient{}

func (c fakeClient) ChainID() string { return originChain }

func (c fakeClient) Bootstrap(context.Context, lightclient.Checkpoint) error { return nil }

func (c fakeClient) Sync(context.Context) (lightclient.Header, error) { return c.Head() }

func (c fakeClient) Head() (lightclient.Header, error) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	block := c.f.blocks[c.f.height]
	return lightclient.Header{ChainID: originChain, Height: block.Height, Time: block.Time, Hash: block.Hash}, nil
}

func (c fakeClient) VerifiedBlock(_ context.Context, height int64) (*lightclient.Block, error) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if height >= c.f.height {
		return nil, lightclient.ErrNotVerified
	}
	return c.f.blocks[height], nil
}

func (c fakeClient) VerifiedValue(_ context.Context, store string, key []byte, height int64) ([]byte, error) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if height >= c.f.height {
		return nil, lightclient.ErrNotVerified
	}
	return c.f.states[height][store+string(key)], nil
}

func (c fakeClient) Broadcast(_ context.Context, tx []byte) ([32]byte, error) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if !c.alive() {
		return [32]byte{}, errKilled
	}
	hash := sha256.Sum256(tx)
	if c.f.refusal != nil {
		return hash, c.f.refusal
	}
	if c.f.handed[hash]++; c.f.handed[hash] == 1 {
		c.f.mempool = append(c.f.mempool, tx)
	}
	return hash, nil
}

func (c fakeClient) Status() lightclient.Status {
	head, _ := c.Head()
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	return lightclient.Status{ChainID: originChain, State: c.f.state, Head: head}
}

func (c fakeClient) Misbehaviour() ([]lightclient.Misbehaviour, error) { return nil, nil }

func (c fakeClient) Unfreeze(context.Context) error { return nil }

func (c fakeClient) Prune(context.Context, int64) error { return nil }

func (c fakeClient) Close() error { return nil }
