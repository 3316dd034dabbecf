package observe

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/lightclient"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	testChainID = "counterparty-1"
	testDenom   = "uatom"
	testPrefix  = "cosmos"
)

// testChain is an original chain in memory: blocks, and what an account held after each.
type testChain struct {
	blocks   map[uint64]*lightclient.Block
	balances map[uint64]map[string]int64
	accounts map[uint64]map[string]Account
	reads    int
	fetched  int
}

func newTestChain() *testChain {
	return &testChain{blocks: map[uint64]*lightclient.Block{}, balances: map[uint64]map[string]int64{}, accounts: map[uint64]map[string]Account{}}
}

func (c *testChain) Block(_ context.Context, height uint64) (*lightclient.Block, error) {
	c.fetched++
	block, found := c.blocks[height]
	if !found {
		return nil, fmt.Errorf("block %d: %w", height, lightclient.ErrNotVerified)
	}
	return block, nil
}

func (c *testChain) Balance(_ context.Context, address, denom string, height uint64) (math.Int, error) {
	c.reads++
	if denom != testDenom {
		return math.Int{}, fmt.Errorf("denom %s, want %s", denom, testDenom)
	}
	return math.NewInt(c.balances[height][address]), nil
}

func (c *testChain) Account(_ context.Context, address string, height uint64) (Account, bool, error) {
	c.reads++
	account, found := c.accounts[height][address]
	return account, found, nil
}

// add appends a block; after holds what vaults hold after it, sequences what their accounts' sequences are.
func (c *testChain) add(height uint64, txs ...lightclient.Tx) {
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("block"), height))
	c.blocks[height] = &lightclient.Block{ChainID: testChainID, Height: int64(height), Hash: hash, Txs: txs}
}

func (c *testChain) hold(height uint64, address string, amount int64) {
	if c.balances[height] == nil {
		c.balances[height] = map[string]int64{}
	}
	c.balances[height][address] = amount
}

func (c *testChain) sequence(height uint64, address string, sequence uint64) {
	if c.accounts[height] == nil {
		c.accounts[height] = map[string]Account{}
	}
	c.accounts[height][address] = Account{Type: BaseAccountType, Number: 7, Sequence: sequence, KeyKnown: sequence > 0}
}

// testBooks are the sessions of this chain by id.
type testBooks map[uint64]multisigtypes.Session

func (b testBooks) Session(_ context.Context, id uint64) (multisigtypes.Session, bool, error) {
	session, found := b[id]
	return session, found, nil
}

func (b testBooks) SessionOfDigest(context.Context, [32]byte) (Asked, bool, error) {
	return Asked{}, false, fmt.Errorf("a Cosmos chain's sessions are asked for by id")
}

// testVault is a vault with its members' private keys.
type testVault struct {
	Vault
	private []*secp256k1.PrivKey
}

func newTestVault(t require.TestingT, id uint64, size int, threshold uint32) testVault {
	byKey := map[string]*secp256k1.PrivKey{}
	var keys [][]byte
	for i := range size {
		private := secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprintf("vault %d member %d", id, i)))
		byKey[string(private.PubKey().Bytes())] = private
		keys = append(keys, private.PubKey().Bytes())
	}
	address, sorted, err := vaultcosmos.Address(testPrefix, threshold, keys)
	require.NoError(t, err)
	vault := testVault{Vault: Vault{
		ID: id, Address: address, Keys: sorted, Threshold: threshold, AccountKnown: true, AccountNumber: 7, Ledger: math.ZeroInt(), Open: true,
	}}
	for _, key := range sorted {
		vault.private = append(vault.private, byKey[string(key)])
	}
	return vault
}

func (v testVault) payload(session, sequence uint64, outputs ...vaultcosmos.Output) vaultcosmos.Payload {
	return vaultcosmos.Payload{
		ChainID: testChainID, AccountNumber: v.AccountNumber, Sequence: sequence, From: v.Address, Outputs: outputs, Denom: testDenom,
		Fee: sdk.NewInt64Coin(testDenom, 10), GasLimit: 200_000, Memo: vaultcosmos.Memo(session), TimeoutHeight: 1_000, MultiSend: true,
	}
}

// sign assembles a payload's transaction from the members with the given indices.
func (v testVault) sign(t require.TestingT, p vaultcosmos.Payload, members ...uint32) []byte {
	digest, err := vaultcosmos.Digest(p)
	require.NoError(t, err)
	signBytes, err := vaultcosmos.SignBytes(p)
	require.NoError(t, err)
	require.Equal(t, digest, sha256.Sum256(signBytes))
	var signatures []vaultcosmos.IndexedSignature
	for _, member := range members {
		signature, err := v.private[member].Sign(signBytes)
		require.NoError(t, err)
		signatures = append(signatures, vaultcosmos.IndexedSignature{Index: member, Signature: signature})
	}
	bz, err := vaultcosmos.Assemble(p, v.Threshold, v.Keys, signatures)
	require.NoError(t, err)
	return bz
}

// open records the session of a payload in the books.
func (b testBooks) open(t require.TestingT, id, vault uint64, purpose multisigtypes.Purpose, p vaultcosmos.Payload) {
	digest, err := vaultcosmos.Digest(p)
	require.NoError(t, err)
	b[id] = multisigtypes.Session{Id: id, Vault: vault, Purpose: purpose, Sequence: p.Sequence, Digests: [][]byte{digest[:]}}
}

func testAddress(name string) string {
	sum := sha256.Sum256([]byte(name))
	address, err := bech32.ConvertAndEncode(testPrefix, sum[:20])
	if err != nil {
		panic(err)
	}
	return address
}

func coins(amount int64) sdk.Coins { return sdk.Coins{sdk.NewInt64Coin(testDenom, amount)} }

func send(from, to string, amount int64) proto.Message {
	return &banktypes.MsgSend{FromAddress: from, ToAddress: to, Amount: coins(amount)}
}

// encode makes a transaction of messages with a memo; anything else is as a plain wallet would leave it.
func encode(t require.TestingT, memo string, messages ...proto.Message) []byte {
	return encodeWith(t, &tx.AuthInfo{SignerInfos: []*tx.SignerInfo{{Sequence: 3}}, Fee: &tx.Fee{Amount: coins(5), GasLimit: 100_000}}, memo, messages...)
}

func encodeWith(t require.TestingT, authInfo *tx.AuthInfo, memo string, messages ...proto.Message) []byte {
	body := &tx.TxBody{Memo: memo}
	for _, message := range messages {
		packed, err := codectypes.NewAnyWithValue(message)
		require.NoError(t, err)
		body.Messages = append(body.Messages, packed)
	}
	bodyBytes, err := proto.Marshal(body)
	require.NoError(t, err)
	authBytes, err := proto.Marshal(authInfo)
	require.NoError(t, err)
	bz, err := proto.Marshal(&tx.TxRaw{BodyBytes: bodyBytes, AuthInfoBytes: authBytes, Signatures: [][]byte{make([]byte, 64)}})
	require.NoError(t, err)
	return bz
}

func ok(bz []byte) lightclient.Tx {
	return lightclient.Tx{Hash: sha256.Sum256(bz), Bytes: bz, GasWanted: 100, GasUsed: 50}
}

func failed(bz []byte, code uint32) lightclient.Tx {
	return lightclient.Tx{Hash: sha256.Sum256(bz), Bytes: bz, Code: code, GasWanted: 100, GasUsed: 50}
}

func testContract() types.Contract {
	return types.Contract{
		Id: 1, ChainId: testChainID, Kind: multisigtypes.CHAIN_KIND_COSMOS, Denom: testDenom,
		Cosmos: &types.CosmosChain{Bech32Prefix: testPrefix},
	}
}

var wide = Limits{Events: 1000, Bytes: 512 << 10}

// scene is a chain with the books and vaults to derive from, the observed position being block 10.
type scene struct {
	t     require.TestingT
	chain *testChain
	books testBooks
	in    Input
}

func newScene(t require.TestingT, vaults ...testVault) *scene {
	s := &scene{t: t, chain: newTestChain(), books: testBooks{}}
	s.in = Input{Contract: testContract(), From: 10, Chain: s.chain, Books: s.books}
	for _, vault := range vaults {
		s.in.Vaults = append(s.in.Vaults, vault.Vault)
	}
	return s
}

func (s *scene) derive(to uint64) types.Observation {
	s.in.To = to
	observation, _, err := Derive(context.Background(), s.in, wide)
	require.NoError(s.t, err)
	s.check(observation)
	return observation
}

// check asserts what the chain asserts of any observation, and that an attester comes to the same bytes.
func (s *scene) check(o types.Observation) {
	require.NoError(s.t, o.ValidateShape())
	in := s.in
	in.To = o.To
	again, _, err := Rederive(context.Background(), in, o.ToIndex)
	require.NoError(s.t, err)
	want, err := o.Hash()
	require.NoError(s.t, err)
	got, err := again.Hash()
	require.NoError(s.t, err)
	require.Equal(s.t, want, got)
}

func depositOf(t testing.TB, event types.Event) *types.DepositEvent {
	deposit := event.GetDeposit()
	require.NotNil(t, deposit, "event is %v", event)
	return deposit
}
