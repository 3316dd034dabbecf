package observe

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	depositcontract "github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/lightclient"
	lightethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// safeVault is a vault with its members' private keys, in the vault's order.
type safeVault struct {
	Vault
	private   []*ecdsa.PrivateKey
	addresses []common.Address
}

// members returns a vault of so many members; the same name gives the same keys.
func members(t testing.TB, name string, id uint64, size int, threshold uint32) safeVault {
	t.Helper()
	byKey := map[string]*ecdsa.PrivateKey{}
	var keys [][]byte
	for i := range size {
		private, err := crypto.ToECDSA(crypto.Keccak256(fmt.Appendf(nil, "%s %d", name, i)))
		require.NoError(t, err)
		key := crypto.CompressPubkey(&private.PublicKey)
		byKey[string(key)] = private
		keys = append(keys, key)
	}
	keys, err := vaultethereum.SortKeys(keys)
	require.NoError(t, err)
	v := safeVault{Vault: Vault{ID: id, Keys: keys, Threshold: threshold, Ledger: math.ZeroInt(), Open: true}}
	for _, key := range keys {
		v.private = append(v.private, byKey[string(key)])
	}
	v.addresses, err = vaultethereum.KeyAddresses(keys)
	require.NoError(t, err)
	return v
}

func (v safeVault) genesis() vaultethereum.Genesis {
	return vaultethereum.Genesis{Owners: v.addresses, Threshold: v.Threshold, Salt: 1}
}

// seal is the last members' signatures over a payload, as many as the threshold.
func (v safeVault) seal(t testing.TB, p vaultethereum.Payload) []byte {
	t.Helper()
	digest, err := vaultethereum.Digest(p)
	require.NoError(t, err)
	var signatures []vaultethereum.IndexedSignature
	for i := len(v.Keys) - int(v.Threshold); i < len(v.Keys); i++ {
		signature, err := crypto.Sign(digest.Bytes(), v.private[i])
		require.NoError(t, err)
		signature[64] += 27
		signatures = append(signatures, vaultethereum.IndexedSignature{Index: uint32(i), Signature: signature})
	}
	calldata, _, err := vaultethereum.Assemble(p, v.Keys, signatures)
	require.NoError(t, err)
	return calldata
}

// safeBlocks is an Ethereum network in memory: what blocks logged, and the state after each.
type safeBlocks struct {
	headers  map[uint64]*execution.Header
	receipts map[uint64][]*execution.Receipt
	states   map[uint64]*evmtest.Chain
	// reads of blocks, proofs of accounts.
	reads, proofs int
	// altered, if set, changes what a proof shows.
	altered func(*execution.Account, []common.Hash)
}

const safeChainID = "eip155-1"

func (c *safeBlocks) ChainID() string { return safeChainID }

func (c *safeBlocks) HeaderAt(_ context.Context, number uint64) (*execution.Header, error) {
	if c.headers[number] == nil {
		return nil, fmt.Errorf("block %d: %w", number, lightclient.ErrNotVerified)
	}
	return c.headers[number], nil
}

func (c *safeBlocks) Events(_ context.Context, number uint64, filter execution.Filter) ([]lightethereum.Event, error) {
	c.reads++
	var events []lightethereum.Event
	for _, receipt := range c.receipts[number] {
		for _, l := range filter.In(receipt) {
			events = append(events, lightethereum.Event{Block: number, TxHash: receipt.TxHash, Tx: receipt.Index, Log: l})
		}
	}
	return events, nil
}

func (c *safeBlocks) AccountAt(_ context.Context, number uint64, address common.Address, slots ...common.Hash) (*execution.Account, []common.Hash, error) {
	c.proofs++
	state := c.states[number]
	if state == nil {
		return nil, nil, fmt.Errorf("state of block %d: %w", number, lightclient.ErrNotVerified)
	}
	account := &execution.Account{Balance: uint256.MustFromBig(state.Balance(address)), CodeHash: ethtypes.EmptyCodeHash}
	if code := state.Code(address); len(code) > 0 {
		account.CodeHash = crypto.Keccak256Hash(code)
	}
	account.Exists = account.CodeHash != ethtypes.EmptyCodeHash || !account.Balance.IsZero()
	values := make([]common.Hash, len(slots))
	for i, slot := range slots {
		values[i] = state.Storage(address, slot)
	}
	if c.altered != nil {
		c.altered(account, values)
	}
	return account, values, nil
}

// safeSessions are sessions by the digest that they ask for.
type safeSessions map[common.Hash]Asked

func (b safeSessions) Session(context.Context, uint64) (multisigtypes.Session, bool, error) {
	return multisigtypes.Session{}, false, fmt.Errorf("an Ethereum chain's sessions are asked for by digest")
}

func (b safeSessions) SessionOfDigest(_ context.Context, digest [32]byte) (Asked, bool, error) {
	asked, found := b[digest]
	return asked, found, nil
}

// safeScene is a Safe on go-ethereum's EVM with the books and vaults to derive from, the observed position being block 10.
type safeScene struct {
	t       testing.TB
	evm     *evmtest.Chain
	chain   *safeBlocks
	books   safeSessions
	in      Input
	safe    common.Address
	deposit common.Address
	staker  common.Address
	sender  common.Address
	// owners as the Safe lists them, and its nonce.
	owners vaultethereum.Owners
	nonce  uint64
	// number of the newest block; block are the receipts of the next; txs counts all.
	number uint64
	block  []*execution.Receipt
	txs    int
	// raw are transactions by their hash.
	raw map[common.Hash][]byte
}

func safeContract() types.Contract {
	return types.Contract{
		Id: 1, ChainId: safeChainID, Kind: multisigtypes.CHAIN_KIND_ETHEREUM, Denom: "wei", Ethereum: &types.EthereumChain{},
	}
}

// newSafeScene has the Safe of a vault, deployed and ACTIVE, with a hundred ether in vault and ledger.
func newSafeScene(t testing.TB, first safeVault) (*safeScene, safeVault) {
	t.Helper()
	s := undeployed(t, first)
	s.deploySafe(first)
	s.deployDeposit()
	s.evm.Fund(s.safe, evmtest.Ether(100))
	s.restart()
	vault := &s.in.Vaults[0]
	vault.AccountKnown, vault.Holds, vault.Ledger = true, true, math.NewIntFromBigInt(evmtest.Ether(100))
	first.Vault = *vault
	return s, first
}

// undeployed has the address of a vault's Safe and nothing there.
func undeployed(t testing.TB, first safeVault) *safeScene {
	t.Helper()
	address, err := first.genesis().Address(vaultethereum.Canonical())
	require.NoError(t, err)
	first.Address = address.Hex()
	s := &safeScene{
		t: t, evm: evmtest.New(t), books: safeSessions{}, raw: map[common.Hash][]byte{}, safe: address, deposit: vaultethereum.DepositContract(address),
		chain: &safeBlocks{headers: map[uint64]*execution.Header{}, receipts: map[uint64][]*execution.Receipt{}, states: map[uint64]*evmtest.Chain{}},
	}
	s.evm.DeploySafeContracts()
	s.staker, s.sender = s.evm.Account("staker"), s.evm.Account("sender")
	s.owners, err = first.genesis().First()
	require.NoError(t, err)
	s.in = Input{Contract: safeContract(), Vaults: []Vault{first.Vault}, From: 10, Ethereum: s.chain, Books: s.books}
	s.restart()
	return s
}

// restart makes the present state that of block 10, without logs.
func (s *safeScene) restart() {
	s.number, s.block = 9, nil
	s.mine()
}

func (s *safeScene) deploySafe(first safeVault) {
	calldata, err := first.genesis().Deploy(vaultethereum.Canonical())
	require.NoError(s.t, err)
	s.send(evmtest.Tx{From: s.staker, To: &[]common.Address{vaultethereum.Canonical().Factory}[0], Data: calldata})
	require.NotEmpty(s.t, s.evm.Code(s.safe))
}

func (s *safeScene) deployDeposit() {
	s.send(evmtest.Tx{From: s.staker, To: &[]common.Address{vaultethereum.SingletonFactory}[0], Data: vaultethereum.DepositDeploy(s.safe)})
	require.NotEmpty(s.t, s.evm.Code(s.deposit))
}

// send executes a transaction in the next block and returns its hash.
func (s *safeScene) send(tx evmtest.Tx) common.Hash {
	s.t.Helper()
	receipt := s.evm.Send(tx)
	return s.add(!receipt.Reverted, receipt.Logs...)
}

// add puts a receipt in the next block.
func (s *safeScene) add(succeeded bool, logs ...*ethtypes.Log) common.Hash {
	s.txs++
	raw := fmt.Appendf(nil, "tx %d", s.txs)
	receipt := &execution.Receipt{Index: uint64(len(s.block)), TxHash: crypto.Keccak256Hash(raw), Succeeded: succeeded}
	s.raw[receipt.TxHash] = raw
	for i, l := range logs {
		receipt.Logs = append(receipt.Logs, execution.Log{Index: i, Address: l.Address, Topics: l.Topics, Data: l.Data})
	}
	s.block = append(s.block, receipt)
	return receipt.TxHash
}

// mine ends the next block and returns its number.
func (s *safeScene) mine() uint64 {
	s.number++
	s.chain.headers[s.number] = &execution.Header{
		Number: s.number, Hash: crypto.Keccak256Hash(fmt.Appendf(nil, "block %d", s.number)), Timestamp: 1_800_000_000 + 12*s.number,
	}
	s.chain.receipts[s.number], s.chain.states[s.number] = s.block, s.evm.Fork()
	s.block = nil
	return s.number
}

// stake deposits wei by the deposit contract.
func (s *safeScene) stake(recipient string, wei int64) common.Hash {
	return s.send(evmtest.Tx{From: s.staker, To: &s.deposit, Value: big.NewInt(wei), Data: stakeCalldata(recipient)})
}

// pay pays wei to the Safe as anybody would pay anybody.
func (s *safeScene) pay(wei int64) common.Hash {
	return s.send(evmtest.Tx{From: s.staker, To: &s.safe, Value: big.NewInt(wei)})
}

// paying is a payout of the Safe's present nonce.
func (s *safeScene) paying(fee *big.Int, outputs ...multisigtypes.Output) multisigtypes.EthereumPayload {
	p := multisigtypes.EthereumPayload{
		ChainId: safeChainID, Safe: s.safe.Hex(), MultiSend: vaultethereum.Canonical().MultiSend.Hex(), Nonce: s.nonce,
		Threshold: s.owners.Threshold, Outputs: outputs, Denom: "wei", Fee: sdk.NewCoin("wei", math.NewIntFromBigInt(fee)),
		Gas: vaultethereum.PayoutGas(len(outputs)),
	}
	for _, owner := range s.owners.List {
		p.Owners = append(p.Owners, owner.Hex())
	}
	return p
}

// handing is a handover of the Safe's present nonce.
func (s *safeScene) handing(fee *big.Int, next safeVault) multisigtypes.EthereumPayload {
	p := s.paying(fee)
	p.Next, p.NextThreshold, p.Gas = next.ID, next.Threshold, vaultethereum.HandoverGas(len(next.Keys)+len(s.owners.List)+1)
	for _, owner := range next.addresses {
		p.NextOwners = append(p.NextOwners, owner.Hex())
	}
	return p
}

// open records a session of the vault for a payload and returns the calldata that its members signed.
func (s *safeScene) open(id uint64, vault safeVault, p multisigtypes.EthereumPayload) []byte {
	s.t.Helper()
	plain, err := p.Plain()
	require.NoError(s.t, err)
	digest, err := vaultethereum.Digest(plain)
	require.NoError(s.t, err)
	purpose := multisigtypes.PURPOSE_PAYOUT
	if p.Next != 0 {
		purpose = multisigtypes.PURPOSE_HANDOVER
	}
	s.books[digest] = Asked{
		Session: multisigtypes.Session{
			Id: id, Root: id, Vault: vault.ID, Contract: 1, Purpose: purpose, Sequence: p.Nonce, TimeoutHeight: multisigtypes.NoTimeout,
			Digests: [][]byte{digest.Bytes()}, Kind: multisigtypes.CHAIN_KIND_ETHEREUM,
		},
		Payload: multisigtypes.Payload{Kind: &multisigtypes.Payload_Ethereum{Ethereum: &p}},
	}
	return vault.seal(s.t, plain)
}

// rogue returns the calldata of a payload that no session asks for.
func (s *safeScene) rogue(vault safeVault, p multisigtypes.EthereumPayload) []byte {
	plain, err := p.Plain()
	require.NoError(s.t, err)
	return vault.seal(s.t, plain)
}

// execute sends a signed SafeTx to the Safe.
func (s *safeScene) execute(calldata []byte) common.Hash {
	s.t.Helper()
	before := len(s.block)
	hash := s.send(evmtest.Tx{From: s.sender, To: &s.safe, Data: calldata})
	require.True(s.t, s.block[before].Succeeded, "the Safe took the transaction")
	s.nonce++
	return hash
}

// hand executes a handover to the next vault.
func (s *safeScene) hand(id uint64, from, next safeVault, fee *big.Int) common.Hash {
	s.t.Helper()
	_, after, err := s.owners.Handover(s.safe, vaultethereum.Owners{List: next.addresses, Threshold: next.Threshold})
	require.NoError(s.t, err)
	hash := s.execute(s.open(id, from, s.handing(fee, next)))
	s.owners = after
	return hash
}

// successor adds a vault to the derivation that is to take the Safe over.
func (s *safeScene) successor(name string, id uint64, size int, threshold uint32) safeVault {
	next := members(s.t, name, id, size, threshold)
	next.Address, next.AccountKnown = s.safe.Hex(), true
	s.in.Vaults = append(s.in.Vaults, next.Vault)
	return next
}

func toAddress(address common.Address, wei int64) multisigtypes.Output {
	return multisigtypes.Output{Address: address.Hex(), Amount: math.NewInt(wei)}
}

// reverting is a contract that can't be paid.
func (s *safeScene) reverting() common.Address {
	address := common.HexToAddress("0x00000000000000000000000000000000deadbeef")
	s.evm.SetCode(address, common.FromHex("5f5ffd"))
	return address
}

// derive observes all blocks there are, as the chain and as an attester would check it.
func (s *safeScene) derive() types.Observation {
	s.t.Helper()
	observation, _ := s.deriveWithin(wide)
	return observation
}

func (s *safeScene) deriveWithin(limits Limits) (types.Observation, []Quarantined) {
	s.t.Helper()
	s.in.To = s.number
	observation, quarantined, err := Derive(context.Background(), s.in, limits)
	require.NoError(s.t, err)
	s.check(observation)
	return observation, quarantined
}

// check asserts what the chain asserts of any observation, and that an attester comes to the same bytes.
func (s *safeScene) check(o types.Observation) {
	s.t.Helper()
	require.NoError(s.t, o.ValidateShape())
	in := s.in
	in.To = o.To
	again, _, err := Rederive(context.Background(), in, o.ToIndex)
	require.NoError(s.t, err)
	require.Equal(s.t, hashOf(s.t, o), hashOf(s.t, again))
	ledgers := s.booked(o)
	if o.Partial() {
		return
	}
	var open []uint64
	for _, vault := range ordered(slices.Clone(s.in.Vaults)) {
		if vault.Open {
			open = append(open, vault.ID)
		}
	}
	require.Len(s.t, o.Balances, len(open))
	for i, balance := range o.Balances {
		require.Equal(s.t, open[i], balance.Vault)
		require.Equal(s.t, ledgers[balance.Vault].String(), balance.Amount.String(), "vault %d does not add up", balance.Vault)
	}
}

func hashOf(t require.TestingT, o types.Observation) []byte {
	hash, err := o.Hash()
	require.NoError(t, err)
	return hash
}

// booked are the ledgers after an observation, by the rules of the chain's books: one event after the other, a handover moves all there is.
func (s *safeScene) booked(o types.Observation) map[uint64]*big.Int {
	ledgers := map[uint64]*big.Int{}
	for _, vault := range s.in.Vaults {
		ledgers[vault.ID] = vault.Ledger.BigInt()
	}
	for _, event := range o.Events {
		ledger := ledgers[event.Vault()]
		switch kind := event.Kind.(type) {
		case *types.Event_Deposit:
			ledger.Add(ledger, kind.Deposit.Amount.BigInt())
		case *types.Event_Surplus:
			ledger.Add(ledger, kind.Surplus.Amount.BigInt())
		case *types.Event_Outflow:
			ledger.Sub(ledger, kind.Outflow.Amount.BigInt())
		case *types.Event_Execution:
			ledger.Sub(ledger, kind.Execution.Fee.BigInt())
			if !kind.Execution.Success {
				continue
			}
			payload := s.payloadOf(kind.Execution.Session)
			for _, output := range payload.Outputs {
				ledger.Sub(ledger, output.Amount.BigInt())
			}
			if payload.Next != 0 {
				ledgers[payload.Next].Add(ledgers[payload.Next], ledger)
				ledger.SetInt64(0)
			}
		}
	}
	return ledgers
}

func (s *safeScene) payloadOf(session uint64) *multisigtypes.EthereumPayload {
	for _, asked := range s.books {
		if asked.Session.Id == session {
			return asked.Payload.EthereumPayload()
		}
	}
	require.Fail(s.t, "no such session", "%d", session)
	return nil
}

func executionOf(t testing.TB, event types.Event) *types.ExecutionEvent {
	t.Helper()
	execution := event.GetExecution()
	require.NotNil(t, execution, "event is %v", event)
	return execution
}

var gwei = big.NewInt(1_000_000_000)

// fee is the most that is refunded in tests: two million gas at the EVM's price.
var testFee = new(big.Int).Mul(big.NewInt(2_000_000*evmtest.GasPrice/1_000_000_000), gwei)

func stakeCalldata(recipient string) []byte { return depositcontract.Calldata([]byte(recipient)) }

// call sends calldata to the Safe.
func (s *safeScene) call(calldata []byte) evmtest.Tx {
	return evmtest.Tx{From: s.sender, To: &s.safe, Data: calldata}
}
