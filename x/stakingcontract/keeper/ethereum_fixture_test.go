package keeper_test

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	gwei  = 1_000_000_000
	milli = 1_000_000 * gwei // a thousandth of an ether
	// feeWei of a redemption covers a payout of it alone, by a Safe of up to twenty-one owners.
	feeWei = 12 * milli
)

// safeChain is a chain on which the contract's Safe and its deposit contract really are, in go-ethereum's EVM, and the events that honest members
// derive from their logs. It shares no arithmetic with the module.
type safeChain struct {
	f      *fixture
	evm    *evmtest.Chain
	height uint64
	txs    uint64
	events []types.Event
	// safe and contract are the addresses of Safe and deposit contract; holder is the vault whose signers the Safe's owners are.
	safe, contract common.Address
	holder         uint64
	// forced is ether that came without a log since the last report.
	forced *big.Int
	// refunded is what senders got back, in all; missing is what the Safe has only on this chain, after executions that were made up.
	refunded, missing *big.Int
}

// newEVM is a chain with Safe's contracts and nothing else.
func newEVM(t testing.TB) *evmtest.Chain {
	t.Helper()
	evm := evmtest.New(t)
	evm.DeploySafeContracts()
	return evm
}

func newSafeChain(f *fixture, evm *evmtest.Chain) *safeChain {
	return &safeChain{f: f, evm: evm, height: checkpoint, forced: new(big.Int), refunded: new(big.Int), missing: new(big.Int)}
}

func (c *safeChain) mine(blocks uint64) { c.height += blocks }

func (c *safeChain) emit(e types.Event) {
	e.Height = c.height + 1
	c.events = append(c.events, e)
}

// deploy deploys the Safe of a PENDING first vault and its deposit contract, as anyone may.
func (c *safeChain) deploy(vault uint64) {
	c.f.t.Helper()
	v := c.f.vault(vault)
	owners := c.owners(vault)
	calldata, err := ethereum.Genesis{Owners: owners.List, Threshold: owners.Threshold, Salt: v.Contract}.Deploy(ethereum.Canonical())
	require.NoError(c.f.t, err)
	c.safe = common.HexToAddress(v.Address)
	c.contract, c.holder = ethereum.DepositContract(c.safe), vault
	factory, singleton := ethereum.Canonical().Factory, ethereum.SingletonFactory
	for _, tx := range []evmtest.Tx{{To: &factory, Data: calldata}, {To: &singleton, Data: ethereum.DepositDeploy(c.safe)}} {
		tx.From = c.evm.Account("anyone")
		receipt := c.evm.Send(tx)
		require.False(c.f.t, receipt.Reverted, receipt.Reason)
	}
}

// owners are a vault's signers as its Safe has to list them.
func (c *safeChain) owners(vault uint64) ethereum.Owners {
	signers, err := c.f.multisig.VaultSigners(c.f.ctx, vault)
	require.NoError(c.f.t, err)
	owners := ethereum.Owners{List: make([]common.Address, len(signers)), Threshold: c.f.vault(vault).Threshold}
	for _, signer := range signers {
		owners.List[signer.Place], err = ethereum.KeyAddress(signer.Key)
		require.NoError(c.f.t, err)
	}
	return owners
}

// exactly says whether the Safe is a vault's: its owners in their order, its threshold and nothing else.
func (c *safeChain) exactly(vault uint64) bool {
	for _, slot := range ethereum.Storage(ethereum.Canonical().Singleton, c.owners(vault)) {
		if c.evm.Storage(c.safe, slot.Key) != slot.Value {
			return false
		}
	}
	return true
}

func (c *safeChain) nonce() uint64 { return c.evm.Storage(c.safe, ethereum.NonceSlot()).Big().Uint64() }

// prove reports what the PENDING vault's Safe is.
func (c *safeChain) prove(vault uint64) {
	c.emit(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: vault, Plain: c.exactly(vault), Sequence: c.nonce(), Type: crypto.Keccak256Hash(c.evm.Code(c.safe)).Hex(),
	}}})
}

// send sends a transaction and reports what its logs say, in their order.
func (c *safeChain) send(tx evmtest.Tx) evmtest.Receipt {
	c.f.t.Helper()
	before := c.evm.Balance(c.safe)
	receipt := c.evm.Send(tx)
	c.txs++
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("safe tx"), c.txs))
	for i, log := range receipt.Logs {
		c.read(hash[:], uint32(i), log, before)
	}
	return receipt
}

func (c *safeChain) read(hash []byte, index uint32, log *ethtypes.Log, before *big.Int) {
	if log.Address == c.contract {
		event, err := deposit.ParseLog(log.Topics, log.Data)
		require.NoError(c.f.t, err)
		c.received(hash, index, event.Sender, string(event.Recipient), event.Amount)
		return
	}
	if log.Address != c.safe {
		return
	}
	if received, err := ethereum.ParseReceived(log.Topics, log.Data); err == nil {
		if received.Sender != c.contract {
			c.received(hash, index, received.Sender, "", received.Amount)
		}
		return
	}
	if execution, err := ethereum.ParseExecution(log.Topics, log.Data); err == nil {
		c.executed(hash, execution, before)
	}
}

func (c *safeChain) received(hash []byte, index uint32, sender common.Address, memo string, amount *big.Int) {
	if math.NewIntFromBigInt(amount).LT(c.f.state().LeastEvent) {
		c.forced.Add(c.forced, amount) // no event, but more than the ledger knows
		return
	}
	c.emit(types.Event{Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: c.holder, TxHash: hash, Index: index, Sender: sender.Hex(), Memo: memo, Amount: math.NewIntFromBigInt(amount),
	}}})
}

// executed reports an execution of a session by the first attempt of its series that asked for it.
func (c *safeChain) executed(hash []byte, e ethereum.Execution, before *big.Int) {
	response, err := multisigkeeper.NewQueryServer(*c.f.multisig).SessionOfDigest(c.f.ctx, &multisigtypes.QuerySessionOfDigestRequest{Digest: e.SafeTx.Bytes()})
	require.NoError(c.f.t, err)
	session := response.Session
	require.Equal(c.f.t, e.SafeTx.Bytes(), session.Digests[0])
	payload := c.f.payload(session.Id)
	code := uint32(0)
	if !e.Success {
		code = 1
		need := payload.Fee.Amount
		for _, output := range payload.Outputs {
			need = need.Add(output.Amount)
		}
		if math.NewIntFromBigInt(before).LT(need) {
			code = 5
		}
	}
	fee := math.NewIntFromBigInt(e.Refund)
	c.refunded.Add(c.refunded, e.Refund)
	c.emit(types.Event{Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: session.Vault, Session: session.Id, TxHash: hash, Success: e.Success, Code: code, Fee: &fee,
	}}})
	if e.Success && payload.Next != 0 {
		c.holder = payload.Next
		require.True(c.f.t, c.exactly(c.holder), "the Safe is vault %d's", c.holder)
	}
}

func (f *fixture) payload(session uint64) *multisigtypes.EthereumPayload {
	response, err := multisigkeeper.NewQueryServer(*f.multisig).Session(f.ctx, &multisigtypes.QuerySessionRequest{Id: session})
	require.NoError(f.t, err)
	return response.Payload.EthereumPayload()
}

// wallet is the address of a user's key.
func wallet(name string) common.Address {
	address, err := ethereum.KeyAddress(stakerKey(name).PubKey().Bytes())
	if err != nil {
		panic(err)
	}
	return address
}

// deposits calls the deposit contract by a user's key.
func (c *safeChain) deposits(name, recipient string, wei int64) []byte {
	c.f.t.Helper()
	c.evm.Fund(wallet(name), evmtest.Ether(100))
	receipt := c.send(evmtest.Tx{From: wallet(name), To: &c.contract, Value: big.NewInt(wei), Data: deposit.Calldata([]byte(recipient))})
	require.False(c.f.t, receipt.Reverted, receipt.Reason)
	return c.last()
}

// pays pays the Safe plainly.
func (c *safeChain) pays(name string, wei int64) []byte {
	c.f.t.Helper()
	c.evm.Fund(wallet(name), evmtest.Ether(100))
	receipt := c.send(evmtest.Tx{From: wallet(name), To: &c.safe, Value: big.NewInt(wei)})
	require.False(c.f.t, receipt.Reverted, receipt.Reason)
	return c.last()
}

func (c *safeChain) last() []byte {
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("safe tx"), c.txs))
	return hash[:]
}

// force gives the Safe ether without a log, as a block's reward does.
func (c *safeChain) force(wei int64) {
	c.evm.Fund(c.safe, big.NewInt(wei))
	c.forced.Add(c.forced, big.NewInt(wei))
}

// calldata is the complete transaction of a session that has its signatures.
func (f *fixture) calldata(session uint64) []byte {
	f.t.Helper()
	signed, err := multisigkeeper.NewQueryServer(*f.multisig).SignedTransaction(f.ctx, &multisigtypes.QuerySignedTransactionRequest{Id: session})
	require.NoError(f.t, err)
	return signed.Transaction
}

// execute sends a complete transaction to the Safe.
func (c *safeChain) execute(calldata []byte) evmtest.Receipt {
	c.f.t.Helper()
	return c.send(evmtest.Tx{From: c.evm.Account("relayer"), To: &c.safe, Data: calldata, Price: big.NewInt(2 * gwei)})
}

// report is the observation that honest members make of everything since the last one.
func (c *safeChain) report() types.Observation {
	if c.forced.Sign() > 0 {
		c.emit(types.Event{Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: c.holder, Amount: math.NewIntFromBigInt(c.forced)}}})
		for i := range c.events {
			c.events[i].Height = min(c.events[i].Height, c.height)
		}
		c.events[len(c.events)-1].Height = c.height
		c.forced = new(big.Int)
	}
	state := c.f.state()
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("header"), c.height))
	o := types.Observation{
		Contract: 1, From: state.ObservedHeight, FromIndex: state.ObservedIndex, To: c.height, BlockHash: hash[:], Events: c.events,
	}
	ledgers, err := c.f.query.Ledgers(c.f.ctx, &types.QueryLedgersRequest{Contract: 1})
	require.NoError(c.f.t, err)
	for _, l := range ledgers.Ledgers {
		if l.Vault.Status == multisigtypes.VAULT_STATUS_CLOSED {
			continue
		}
		balance := types.Balance{Vault: l.Vault.Id, Amount: math.ZeroInt()}
		if l.Vault.Id == c.holder {
			balance.Amount = math.NewIntFromBigInt(new(big.Int).Sub(c.evm.Balance(c.safe), c.missing))
		}
		o.Balances = append(o.Balances, balance)
	}
	if lag := c.f.contract().ObservationLag(); len(o.Events) == 0 && o.To < o.From+lag {
		c.height = o.From + lag
		o.To = c.height
	}
	c.events = nil
	return o
}

func ethereumContract() types.Contract {
	hash := sha256.Sum256([]byte("checkpoint"))
	c := contract()
	c.ChainId, c.Kind, c.Denom, c.RtokenDenom, c.Symbol, c.Decimals = "eip155-1", multisigtypes.CHAIN_KIND_ETHEREUM, "wei", "rwei", "ETH", 18
	c.Limits = types.Limits{
		MinDeposit: atom(milli), MaxAssets: math.NewIntFromBigInt(evmtest.Ether(1_000)), RedemptionFee: atom(feeWei), ReserveMin: atom(milli),
		MinSweep: atom(1), MaxOutflowPerEra: math.LegacyOneDec(), MinOutflow: math.NewIntFromBigInt(evmtest.Ether(10)), MaxOutputs: 10,
	}
	c.Cosmos, c.Ethereum = nil, &types.EthereumChain{
		GasPrice: atom(20 * gwei), MaxObservationLag: 50, CheckpointSlot: 64, CheckpointRoot: hash[:], CheckpointHeight: checkpoint,
		CheckpointHash: hash[:], GenesisValidatorsRoot: hash[:], TrustingPeriod: 14 * 24 * time.Hour,
	}
	return c
}

// seatedSafe is a fixture with a contract on Ethereum whose first committee is seated, and nothing deployed there.
func seatedSafe(t testing.TB, size int, threshold uint32, change ...func(*types.Contract)) *fixture {
	t.Helper()
	return seatedSafeOn(t, newEVM(t), size, threshold, change...)
}

func seatedSafeOn(t tb, evm *evmtest.Chain, size int, threshold uint32, change ...func(*types.Contract)) *fixture {
	t.Helper()
	f := newFixture(t)
	f.safe = newSafeChain(f, evm)
	f.deploy(append([]func(*types.Contract){func(c *types.Contract) {
		*c = ethereumContract()
		c.Tiers[0].Size_, c.Tiers[0].Threshold = uint32(size), threshold
	}}, change...)...)
	f.seat(f.candidates(0, size), f.candidates(size, 4), threshold)
	return f
}

// reserveWei is what a running contract's reserve is funded with.
const reserveWei = 1_000 * milli

// runningSafe is a fixture with a contract whose Safe is deployed and ACTIVE, and whose reserve is funded with an ether.
func runningSafe(t testing.TB, change ...func(*types.Contract)) *fixture {
	t.Helper()
	return runningSafeOf(t, 4, 3, change...)
}

func runningSafeOf(t testing.TB, size int, threshold uint32, change ...func(*types.Contract)) *fixture {
	t.Helper()
	return runningSafeOn(t, newEVM(t), size, threshold, change...)
}

func runningSafeOn(t tb, evm *evmtest.Chain, size int, threshold uint32, change ...func(*types.Contract)) *fixture {
	t.Helper()
	f := seatedSafeOn(t, evm, size, threshold, change...)
	f.safe.deploy(f.state().PendingVault)
	f.safe.prove(f.state().PendingVault)
	f.safe.deposits("funder", types.ReserveMemo, reserveWei)
	f.observe()
	require.EqualValues(t, 1, f.state().ActiveVault)
	require.Equal(t, atom(reserveWei).String(), f.state().Reserve.String())
	f.books()
	return f
}

// stake gives an account rTokens by a deposit.
func (f *fixture) stake(name string, wei int64) {
	f.t.Helper()
	f.safe.deposits(name, userText(name), wei)
	f.observe()
}

// withdraw redeems to an address on the chain.
func (f *fixture) withdraw(name string, wei int64, recipient common.Address) uint64 {
	f.t.Helper()
	id, err := f.redeem(name, wei, recipient.Hex())
	require.NoError(f.t, err)
	return id
}

// open is the newest attempt of the ACTIVE vault's series, of the purpose that is wanted.
func (f *fixture) openOf(purpose multisigtypes.Purpose) *multisigtypes.Session {
	f.t.Helper()
	session := f.latest(f.state().ActiveVault)
	require.NotNil(f.t, session, "a series of the ACTIVE vault")
	require.Equal(f.t, purpose, session.Purpose)
	return session
}

// signed has a session signed and returns its complete transaction.
func (f *fixture) signed(session *multisigtypes.Session) []byte {
	f.t.Helper()
	f.signAll(session)
	return f.calldata(session.Id)
}

// carryOut signs the open series of a purpose, sends it and proves it.
func (f *fixture) carryOut(purpose multisigtypes.Purpose) {
	f.t.Helper()
	f.block()
	receipt := f.safe.execute(f.signed(f.openOf(purpose)))
	require.False(f.t, receipt.Reverted, receipt.Reason)
	f.observe()
	f.books()
}

// electSafe seats another committee and returns its vault.
func (f *fixture) electSafe(from, size int, threshold uint32) uint64 {
	f.t.Helper()
	f.nextEra()
	f.seat(f.candidates(from, size), f.candidates(36, 4), threshold)
	return f.state().PendingVault
}

// claimSigned claims a deposit with personal_sign by a user's key, over the text for a chain.
func (f *fixture) claimSigned(d types.Deposit, name, chain, recipient string, change func([]byte)) (types.DepositStatus, error) {
	return f.claimFor(d, name, chain, recipient, recipient, change)
}

// claimFor claims with a signature over the text for one recipient, for another.
func (f *fixture) claimFor(d types.Deposit, name, chain, signed, recipient string, change func([]byte)) (types.DepositStatus, error) {
	text := claim.Deposit{ChainID: chain, Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: signed}.Text()
	private, err := crypto.ToECDSA(stakerKey(name).Bytes())
	require.NoError(f.t, err)
	signature, err := crypto.Sign(ethereum.MessageDigest(text).Bytes(), private)
	require.NoError(f.t, err)
	if change != nil {
		change(signature)
	}
	response, err := f.msg.ClaimDeposit(f.ctx, &types.MsgClaimDeposit{
		Claimer: userText("anyone"), Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient, Signature: signature,
	})
	if err != nil {
		return 0, err
	}
	return response.Status, nil
}

func (f *fixture) requireReceived(recipient common.Address, wei int64) {
	f.t.Helper()
	require.Equal(f.t, big.NewInt(wei).String(), f.safe.evm.Balance(recipient).String())
}

// leastWei is the least redemption of the contract of these tests.
var leastWei = payout.Least(ethereumContract(), 0).Int64()
