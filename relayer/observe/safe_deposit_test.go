package observe

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	depositcontract "github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestADepositToASafeIsReportedWithItsSenderRecipientAndPlaceInTheReceipt(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	hash := s.stake("stafi1recipient", 700)
	s.mine()
	// The Safe's own log of the same money comes first in the receipt.
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: 1, TxHash: hash.Bytes(), Index: 1, Sender: s.staker.Hex(), Memo: "stafi1recipient", Amount: math.NewInt(700),
	}}}}, s.derive().Events)
}

func TestAPlainPaymentToASafeIsADepositWithoutARecipient(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	hash := s.pay(5)
	s.mine()
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: 1, TxHash: hash.Bytes(), Index: 0, Sender: s.staker.Hex(), Amount: math.NewInt(5),
	}}}}, s.derive().Events)
}

func TestAPaymentOfNothingIsNoDeposit(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.pay(0)
	s.mine()
	require.Empty(t, s.derive().Events)
}

func TestARecipientThatIsNoTextIsReportedAsTextAndCut(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.stake("a\xffb", 1)
	s.stake("", 2)
	s.stake(strings.Repeat("é", depositcontract.MaxRecipient/2), 3)
	s.mine()
	var memos []string
	for _, event := range s.derive().Events {
		memos = append(memos, depositOf(t, event).Memo)
	}
	require.Equal(t, []string{"a�b", "", strings.Repeat("é", depositcontract.MaxRecipient/2)}, memos)
}

// wrapper calls the deposit contract three times with its own calldata, and a third of its value each.
func (s *safeScene) wrapper() common.Address {
	code := common.FromHex("365f5f37")
	for range 3 {
		code = append(code, common.FromHex("5f5f365f60033404"+"73"+s.deposit.Hex()[2:]+"5af150")...)
	}
	address := common.HexToAddress("0x00000000000000000000000000000000000c0de3")
	s.evm.SetCode(address, code)
	return address
}

func TestThreeDepositsInOneTransactionByAWrapperAreThreeOfTheWrapper(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	wrapper := s.wrapper()
	hash := s.send(evmtest.Tx{From: s.staker, To: &wrapper, Value: big.NewInt(900), Data: depositcontract.Calldata([]byte("stafi1"))})
	s.mine()
	events := s.derive().Events
	require.Len(t, events, 3)
	for i, event := range events {
		found := depositOf(t, event)
		require.Equal(t, hash.Bytes(), found.TxHash)
		require.Equal(t, uint32(2*i+1), found.Index)
		require.Equal(t, wrapper.Hex(), found.Sender)
		require.Equal(t, int64(300), found.Amount.Int64())
	}
}

// depositLog is a log as a deposit contract makes it, emitted by any address under any topic.
func depositLog(emitter common.Address, topic common.Hash, wei int64) *ethtypes.Log {
	data := append(common.BigToHash(big.NewInt(64)).Bytes(), common.BigToHash(big.NewInt(wei)).Bytes()...)
	return &ethtypes.Log{Address: emitter, Topics: []common.Hash{topic, {31: 7}}, Data: append(data, make([]byte, 32)...)}
}

func TestLogsThatAreNotTheVaultsShowNoDeposit(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	stranger := common.HexToAddress("0x00000000000000000000000000000000000000aa")
	for name, c := range map[string]struct {
		succeeded bool
		log       *ethtypes.Log
	}{
		"right event from the wrong address":     {true, depositLog(stranger, execution.DepositEvent, 5)},
		"right address, wrong topic":             {true, depositLog(s.deposit, common.Hash{1}, 5)},
		"a deposit's event by the Safe":          {true, depositLog(s.safe, execution.DepositEvent, 5)},
		"a Safe's event by the deposit contract": {true, &ethtypes.Log{Address: s.deposit, Topics: []common.Hash{execution.SafeReceivedEvent, {31: 7}}, Data: make([]byte, 32)}},
		"no topic at all":                        {true, &ethtypes.Log{Address: s.safe}},
		"a failed receipt":                       {false, depositLog(s.deposit, execution.DepositEvent, 5)},
	} {
		t.Run(name, func(t *testing.T) {
			s.restart()
			s.add(c.succeeded, c.log)
			s.mine()
			require.Empty(t, s.derive().Events)
		})
	}
}

func TestALogThatCantBeReadIsQuarantinedAndHidesNothing(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	log := depositLog(s.deposit, execution.DepositEvent, 5)
	log.Data = log.Data[:33]
	hash := s.add(true, log)
	s.evm.Fund(s.safe, big.NewInt(5))
	s.mine()
	o, quarantined := s.deriveWithin(wide)
	require.Len(t, quarantined, 1)
	require.Equal(t, Quarantined{Height: 11, Hash: hash, Reason: quarantined[0].Reason}, quarantined[0])
	require.Len(t, o.Events, 1)
	require.Equal(t, int64(5), o.Events[0].GetSurplus().Amount.Int64())
}

func TestEtherThatComesWithoutALogIsSurplus(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.evm.Fund(s.safe, big.NewInt(9))
	s.mine()
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: 1, Amount: math.NewInt(9)}}}}, s.derive().Events)
}

func TestDepositsOfTheFirstVaultAreItsOwnWhileItIsPending(t *testing.T) {
	first := members(t, "a", 1, 4, 3)
	s := undeployed(t, first)
	s.deploySafe(first)
	s.deployDeposit()
	s.stake("stafi1", 4)
	s.mine()
	events := s.derive().Events
	require.Len(t, events, 2)
	require.Equal(t, uint64(1), depositOf(t, events[0]).Vault)
	require.True(t, events[1].GetAccount().Plain)
}

func TestDepositsToASafeThatWasGivenUpAreReportedForItsOwnVault(t *testing.T) {
	given := members(t, "given up", 1, 4, 3)
	s, _ := newSafeScene(t, members(t, "a", 2, 4, 3))
	address, err := given.genesis().Address(canonical)
	require.NoError(t, err)
	given.Address, given.Open = address.Hex(), false
	s.in.Vaults = append(s.in.Vaults, given.Vault)
	s.add(true, &ethtypes.Log{Address: address, Topics: []common.Hash{execution.SafeReceivedEvent, {31: 7}}, Data: common.BigToHash(big.NewInt(6)).Bytes()})
	s.stake("stafi1", 4)
	s.mine()
	events := s.derive().Events
	require.Len(t, events, 2)
	require.Equal(t, uint64(1), depositOf(t, events[0]).Vault)
	require.Equal(t, uint64(2), depositOf(t, events[1]).Vault)
}

func TestALogWithoutATopicIsNothing(t *testing.T) {
	found, err := (&ethereumReader{safes: make([]safe, 1)}).parse(&execution.Log{})
	require.NoError(t, err)
	require.Nil(t, found)
}
