package deposit_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

var recipient = []byte("stafi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrujsuw")

// vault is a Safe with its deposit contract.
type vault struct {
	t         testing.TB
	chain     *evmtest.Chain
	contracts evmtest.SafeContracts
	safe      common.Address
	deposit   common.Address
	staker    common.Address
}

func newVault(t testing.TB) *vault {
	t.Helper()
	v := &vault{t: t, chain: evmtest.New(t)}
	v.contracts = v.chain.DeploySafeContracts()
	v.staker = v.chain.Account("staker")
	genesis := ethereum.Genesis{Owners: []common.Address{v.chain.Account("owner")}, Threshold: 1, Salt: 1}
	calldata, err := genesis.Deploy(ethereum.Canonical())
	require.NoError(t, err)
	v.safe, err = genesis.Address(ethereum.Canonical())
	require.NoError(t, err)
	receipt := v.send(ethereum.Canonical().Factory, nil, calldata)
	require.False(t, receipt.Reverted, receipt.Reason)
	v.deposit = v.chain.Deploy(deposit.CreationCode(v.safe))
	return v
}

func (v *vault) send(to common.Address, value *big.Int, data []byte) evmtest.Receipt {
	return v.chain.Send(evmtest.Tx{From: v.staker, To: &to, Value: value, Data: data})
}

// refused wants a call to revert with one of the contract's errors and nothing to have moved.
func (v *vault) refused(receipt evmtest.Receipt, name string, args ...any) {
	v.t.Helper()
	require.True(v.t, receipt.Reverted)
	definition := deposit.ABI().Errors[name]
	packed, err := definition.Inputs.Pack(args...)
	require.NoError(v.t, err)
	require.Equal(v.t, common.Bytes2Hex(append(definition.ID.Bytes()[:4], packed...)), receipt.Reason)
	require.Empty(v.t, receipt.Logs)
	require.Zero(v.t, v.chain.Balance(v.safe).Sign())
}

// deposits are those that the vault's own contract logged.
func (v *vault) deposits(receipt evmtest.Receipt) (events []deposit.Event) {
	for _, log := range receipt.Logs {
		if log.Address == v.deposit {
			event, err := deposit.ParseLog(log.Topics, log.Data)
			require.NoError(v.t, err)
			events = append(events, event)
		}
	}
	return events
}

// received is what the Safe logged as paid to it.
func (v *vault) received(receipt evmtest.Receipt) (payments []ethereum.Received) {
	for _, log := range receipt.Logs {
		if payment, err := ethereum.ParseReceived(log.Topics, log.Data); err == nil && log.Address == v.safe {
			payments = append(payments, payment)
		}
	}
	return payments
}

func TestADepositIsInTheSafeAndInTheLogOfTheSameTransaction(t *testing.T) {
	v := newVault(t)
	first := v.send(v.deposit, evmtest.Ether(3), deposit.Calldata(recipient))
	require.False(t, first.Reverted, first.Reason)
	require.Equal(t, []deposit.Event{{Sender: v.staker, Recipient: recipient, Amount: evmtest.Ether(3)}}, v.deposits(first))
	require.Equal(t, []ethereum.Received{{Sender: v.deposit, Amount: evmtest.Ether(3)}}, v.received(first))
	require.Equal(t, evmtest.Ether(3), v.chain.Balance(v.safe))
	require.Zero(t, v.chain.Balance(v.deposit).Sign())
	second := v.send(v.deposit, big.NewInt(1), deposit.Calldata(recipient))
	t.Logf("gas per deposit: %d, the first one %d", second.Gas, first.Gas)
	require.Less(t, second.Gas, uint64(60_000))
}

func TestADepositThatCanNotBeOneRevertsByName(t *testing.T) {
	v := newVault(t)
	long := []byte(strings.Repeat("x", deposit.MaxRecipient+1))
	v.refused(v.send(v.deposit, nil, deposit.Calldata(recipient)), "ZeroValue")
	v.refused(v.send(v.deposit, big.NewInt(1), deposit.Calldata(long)), "RecipientTooLong", big.NewInt(deposit.MaxRecipient+1))
	for name, data := range map[string][]byte{
		"a plain payment": nil, "an unknown function": {1, 2, 3, 4}, "a recipient cut short": deposit.Calldata(recipient)[:40],
	} {
		t.Run(name, func(t *testing.T) {
			receipt := v.send(v.deposit, big.NewInt(1), data)
			require.True(t, receipt.Reverted)
			require.Zero(t, v.chain.Balance(v.deposit).Sign())
		})
	}
}

func TestARecipientMayBeAnythingUpToTheLongest(t *testing.T) {
	v := newVault(t)
	for _, recipient := range [][]byte{{}, {0}, []byte(strings.Repeat("\xff", deposit.MaxRecipient))} {
		receipt := v.send(v.deposit, big.NewInt(1), deposit.Calldata(recipient))
		require.Equal(t, []deposit.Event{{Sender: v.staker, Recipient: recipient, Amount: big.NewInt(1)}}, v.deposits(receipt))
	}
}

func TestADepositContractIsMadeForAContractThatTakesMoney(t *testing.T) {
	v := newVault(t)
	receipt := v.chain.Send(evmtest.Tx{From: v.staker, Data: deposit.CreationCode(v.staker)})
	v.refused(receipt, "NoSafe", v.staker)

	refusing := v.contract("5f5ffd")
	v.deposit = v.chain.Deploy(deposit.CreationCode(refusing))
	v.refused(v.send(v.deposit, big.NewInt(1), deposit.Calldata(recipient)), "SafeRefused")
}

func (v *vault) contract(code string) common.Address {
	address := common.BytesToAddress(crypto.Keccak256([]byte(code)))
	v.chain.SetCode(address, common.FromHex(code))
	return address
}

func TestTheCodeOfADeployedContractIsForeseen(t *testing.T) {
	v := newVault(t)
	require.Equal(t, deposit.RuntimeCode(v.safe), v.chain.Code(v.deposit))
	require.NotEqual(t, deposit.RuntimeCode(v.staker), v.chain.Code(v.deposit))
}

func TestTheContractHasNoWayOutAndNothingToChange(t *testing.T) {
	code := deposit.RuntimeCode(common.Address{})
	require.Len(t, deposit.ABI().Methods, 3)
	require.Equal(t, "payable", deposit.ABI().Methods["deposit"].StateMutability)
	for _, getter := range []string{"SAFE", "MAX_RECIPIENT"} {
		require.True(t, deposit.ABI().Methods[getter].IsConstant())
	}
	known := deposit.ABI()
	require.False(t, known.HasReceive() || known.HasFallback())
	for _, forbidden := range []string{"SSTORE", "DELEGATECALL", "CALLCODE", "SELFDESTRUCT", "CREATE", "CREATE2"} {
		require.NotContains(t, opcodes(code), forbidden)
	}
}

// Anyone can call the deposit contract from a contract: MultiSend, called and not delegated to, is one that is there already.
func TestThreeDepositsInOneTransactionAreThree(t *testing.T) {
	v := newVault(t)
	var packed []byte
	var wanted []deposit.Event
	for i, recipient := range [][]byte{recipient, []byte("b"), recipient} {
		amount := big.NewInt(int64(i + 1))
		data := deposit.Calldata(recipient)
		packed = append(packed, 0)
		packed = append(packed, v.deposit.Bytes()...)
		packed = append(packed, common.BigToHash(amount).Bytes()...)
		packed = append(packed, common.BigToHash(big.NewInt(int64(len(data)))).Bytes()...)
		packed = append(packed, data...)
		wanted = append(wanted, deposit.Event{Sender: v.contracts.MultiSendCallOnly, Recipient: recipient, Amount: amount})
	}
	data, err := v.contracts.Artifacts.MultiSendCallOnly.ABI.Pack("multiSend", packed)
	require.NoError(t, err)
	receipt := v.send(v.contracts.MultiSendCallOnly, big.NewInt(6), data)
	require.False(t, receipt.Reverted, receipt.Reason)
	require.Equal(t, wanted, v.deposits(receipt))
	require.Equal(t, big.NewInt(6), v.chain.Balance(v.safe))
}

// A contract can log whatever it likes, but not at the deposit contract's address.
func TestAnotherContractsEventIsNoDeposit(t *testing.T) {
	v := newVault(t)
	// log2(0, calldatasize, topic, caller) of the calldata.
	forging := v.contract("365f5f37" + "33" + "7f" + deposit.Topic().Hex()[2:] + "365fa200")
	data, err := deposit.ABI().Events["Deposit"].Inputs.NonIndexed().Pack(recipient, evmtest.Ether(5))
	require.NoError(t, err)
	receipt := v.send(forging, nil, data)
	require.False(t, receipt.Reverted, receipt.Reason)
	require.Len(t, receipt.Logs, 1)
	forged, err := deposit.ParseLog(receipt.Logs[0].Topics, receipt.Logs[0].Data)
	require.NoError(t, err)
	require.Equal(t, deposit.Event{Sender: v.staker, Recipient: recipient, Amount: evmtest.Ether(5)}, forged, "the log is perfect")
	require.Empty(t, v.deposits(receipt), "but for its address")
	require.Zero(t, v.chain.Balance(v.safe).Sign())
}

func TestAPlainPaymentToTheSafeIsSeen(t *testing.T) {
	v := newVault(t)
	receipt := v.send(v.safe, evmtest.Ether(2), nil)
	require.False(t, receipt.Reverted, receipt.Reason)
	require.Equal(t, []ethereum.Received{{Sender: v.staker, Amount: evmtest.Ether(2)}}, v.received(receipt))
	require.Empty(t, v.deposits(receipt))
	t.Logf("gas of a plain payment: %d", receipt.Gas)
}

func TestAPaymentWithinADepositThatRevertsLeavesNoLog(t *testing.T) {
	v := newVault(t)
	receipt := v.chain.Send(evmtest.Tx{From: v.staker, To: &v.deposit, Value: big.NewInt(1), Data: deposit.Calldata(recipient), Gas: 30_000})
	require.True(t, receipt.Reverted)
	require.Empty(t, receipt.Logs)
}

func depositLog(t testing.TB) types.Log {
	t.Helper()
	data, err := deposit.ABI().Events["Deposit"].Inputs.NonIndexed().Pack(recipient, big.NewInt(5))
	require.NoError(t, err)
	return types.Log{Topics: []common.Hash{deposit.Topic(), common.BytesToHash(common.HexToAddress("0xaa").Bytes())}, Data: data}
}

func TestALogThatTheContractCanNotHaveMadeIsRefused(t *testing.T) {
	for name, change := range map[string]func(*types.Log){
		"no topics":            func(l *types.Log) { l.Topics = nil },
		"another event":        func(l *types.Log) { l.Topics[0][0]++ },
		"a sender too long":    func(l *types.Log) { l.Topics[1][0] = 1 },
		"a third topic":        func(l *types.Log) { l.Topics = append(l.Topics, common.Hash{}) },
		"no data":              func(l *types.Log) { l.Data = nil },
		"data cut short":       func(l *types.Log) { l.Data = l.Data[:len(l.Data)-1] },
		"data too long":        func(l *types.Log) { l.Data = append(l.Data, 0) },
		"dirty padding":        func(l *types.Log) { l.Data[len(l.Data)-1] = 1 },
		"no amount":            func(l *types.Log) { clear(l.Data[32:64]) },
		"a length out of data": func(l *types.Log) { l.Data[64] = 0xff },
		"a recipient too long": func(l *types.Log) {
			l.Data, _ = deposit.ABI().Events["Deposit"].Inputs.NonIndexed().Pack(make([]byte, 65), big.NewInt(1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := depositLog(t)
			change(&log)
			_, err := deposit.ParseLog(log.Topics, log.Data)
			require.ErrorIs(t, err, deposit.ErrLog)
		})
	}
}

func FuzzALogIsReadInOneFormOnly(f *testing.F) {
	f.Add(depositLog(f).Data)
	f.Fuzz(func(t *testing.T, data []byte) {
		log := depositLog(t)
		event, err := deposit.ParseLog(log.Topics, data)
		if err != nil {
			require.ErrorIs(t, err, deposit.ErrLog)
			return
		}
		again, err := deposit.ABI().Events["Deposit"].Inputs.NonIndexed().Pack(event.Recipient, event.Amount)
		require.NoError(t, err)
		require.True(t, bytes.Equal(again, data))
	})
}

func TestTheTopicIsTheEventsSignature(t *testing.T) {
	require.Equal(t, crypto.Keccak256Hash([]byte("Deposit(address,bytes,uint256)")), deposit.Topic())
	require.Equal(t, abi.Arguments{{Name: "sender", Type: deposit.ABI().Events["Deposit"].Inputs[0].Type, Indexed: true}},
		deposit.ABI().Events["Deposit"].Inputs[:1])
}
