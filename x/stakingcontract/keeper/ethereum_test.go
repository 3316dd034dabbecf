package keeper_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	payoutOf   = multisigtypes.PURPOSE_PAYOUT
	handoverOf = multisigtypes.PURPOSE_HANDOVER
)

func TestEtherIsDepositedRedeemedAndPaidByASafeToTheWei(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	require.EqualValues(t, 3_000*milli, f.held("alice"))
	bob := common.HexToAddress("0xb0b")
	id := f.withdraw("alice", 1_000*milli, bob)
	f.block()
	session := f.openOf(payoutOf)
	require.Equal(t, multisigtypes.NoTimeout, session.TimeoutHeight)
	committed, reserve := f.state().FeesCommitted, f.state().Reserve
	require.Equal(t, payout.PayoutCost(f.contract(), f.vault(1), 1, 0).Fee, committed)
	calldata := f.signed(session)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNED, f.redemption(id).Redemption.Status)
	receipt := f.safe.execute(calldata)
	require.False(t, receipt.Reverted, receipt.Reason)
	refund := math.NewIntFromBigInt(f.safe.refunded)
	require.True(t, refund.IsPositive() && refund.LT(committed), "the sender pays 2 gwei, the cap is by 20")
	f.observe()

	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(bob, 1_000*milli-100*gwei)
	require.Equal(t, reserve.Sub(refund).AddRaw(100*gwei).String(), f.state().Reserve.String(), "less what was refunded, with the redemption's fee")
	require.True(t, f.state().FeesCommitted.IsZero())
	require.EqualValues(t, 2_000*milli, f.held("alice"))
	require.Equal(t, f.safe.evm.Balance(f.safe.safe).String(), f.ledger(1).Balance.String())
	f.books()
}

func (f *fixture) ledger(vault uint64) types.Ledger {
	response, err := f.query.Ledgers(f.ctx, &types.QueryLedgersRequest{Contract: 1})
	require.NoError(f.t, err)
	for _, l := range response.Ledgers {
		if l.Vault.Id == vault {
			return l.Ledger
		}
	}
	return types.Ledger{}
}

func TestTheAddressesOfAContractOnEthereumAreDerivedAndShown(t *testing.T) {
	f := seatedSafe(t, 4, 3)
	show := func() types.ContractInfo {
		response, err := f.query.Contract(f.ctx, &types.QueryContractRequest{Id: 1})
		require.NoError(t, err)
		return response.Info
	}
	require.Empty(t, show().DepositAddress+show().DepositContract, "nobody shall pay to a Safe that nobody proved")
	f.safe.deploy(1)
	f.safe.prove(1)
	f.observe()
	require.Equal(t, f.safe.safe.Hex(), show().DepositAddress)
	require.Equal(t, f.safe.contract.Hex(), show().DepositContract)
	require.NotEmpty(t, f.safe.evm.Code(f.safe.contract), "it is where the real contract was deployed")
}

func TestDepositsOfEveryKindAreRecordedWithTheirOutcome(t *testing.T) {
	f := runningSafe(t)
	before := f.state()
	dust := f.safe.deposits("alice", userText("alice"), milli-1)
	reserve := f.safe.deposits("alice", types.ReserveMemo, 2*milli)
	nobody := f.safe.deposits("alice", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", 3*milli)
	plain := f.safe.pays("alice", 4*milli)
	minted := f.safe.deposits("alice", userText("bob"), 5*milli)
	f.safe.force(7)
	f.observe()
	for _, c := range []struct {
		hash   []byte
		status types.DepositStatus
	}{
		{dust, types.DEPOSIT_STATUS_DUST}, {reserve, types.DEPOSIT_STATUS_RESERVE}, {nobody, types.DEPOSIT_STATUS_UNMATCHED},
		{plain, types.DEPOSIT_STATUS_UNMATCHED}, {minted, types.DEPOSIT_STATUS_MINTED},
	} {
		f.requireDeposit(c.hash, c.status)
	}
	require.EqualValues(t, 5*milli, f.held("bob"))
	require.Equal(t, before.Reserve.AddRaw(milli-1+2*milli+7).String(), f.state().Reserve.String(), "dust, top-up, and ether that came without a log")
	require.Equal(t, atom(7*milli).String(), f.state().Unminted.String())
	f.books()
}

// requireDeposit wants the only deposit of a transaction to have a status, and returns it.
func (f *fixture) requireDeposit(hash []byte, status types.DepositStatus) types.Deposit {
	f.t.Helper()
	for index := range uint32(4) {
		if d, err := f.keeper.Deposit(f.ctx, 1, hash, index); err == nil {
			require.Equal(f.t, status, d.Status, d.Reason)
			return d
		}
	}
	require.Fail(f.t, "no deposit")
	return types.Deposit{}
}

func TestAPlainPaymentIsClaimedByTheKeyThatSentItAndByNoOther(t *testing.T) {
	f := runningSafe(t)
	d := f.requireDepositOf(f.safe.pays("alice", 4*milli))
	require.Equal(t, wallet("alice").Hex(), d.Sender)
	response, err := f.query.ClaimText(f.ctx, &types.QueryClaimTextRequest{
		Contract: 1, TxHash: fmt.Sprintf("%x", d.TxHash), Index: d.Index, Recipient: userText("carol"),
	})
	require.NoError(t, err)
	require.Equal(t, response.Text, response.SignDocument)
	require.Equal(t, d.Sender, response.Signer)
	for name, c := range map[string]struct {
		by, chain, recipient string
		change               func([]byte)
		says                 string
	}{
		"another's key":     {by: "bob", chain: chainID, says: "wanted one by the sender " + d.Sender},
		"for another chain": {by: "alice", chain: "stafi-other", says: "wanted one by the sender"},
		"for another":       {by: "alice", chain: chainID, recipient: userText("mallory"), says: "wanted one by the sender"},
		"a flipped bit":     {by: "alice", chain: chainID, change: func(s []byte) { s[40] ^= 1 }, says: "invalid claim"},
		"the other s":       {by: "alice", chain: chainID, change: malleate, says: "invalid claim"},
		"a v of 29":         {by: "alice", chain: chainID, change: func(s []byte) { s[64] = 29 }, says: "v is 29"},
	} {
		t.Run(name, func(t *testing.T) {
			signed := userText("carol")
			if c.recipient != "" {
				signed = c.recipient
			}
			_, err := f.claimFor(d, c.by, c.chain, signed, userText("carol"), c.change)
			require.ErrorIs(t, err, types.ErrInvalidClaim)
			require.ErrorContains(t, err, c.says)
			f.requireDeposit(d.TxHash, types.DEPOSIT_STATUS_UNMATCHED)
		})
	}
	status, err := f.claimSigned(d, "alice", chainID, userText("carol"), func(s []byte) { s[64] += 27 })
	require.NoError(t, err)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, status)
	require.EqualValues(t, 4*milli, f.held("carol"))
	_, err = f.claimSigned(d, "alice", chainID, userText("carol"), nil)
	require.ErrorIs(t, err, types.ErrNotClaimable)
	f.books()

	d = f.requireDepositOf(f.safe.pays("alice", 5*milli))
	_, err = f.claimSigned(d, "alice", chainID, userText("carol"), nil)
	require.NoError(t, err, "some wallets write v as 0 or 1")
}

// requireDepositOf observes and returns the UNMATCHED deposit of a transaction.
func (f *fixture) requireDepositOf(hash []byte) types.Deposit {
	f.t.Helper()
	f.observe()
	return f.requireDeposit(hash, types.DEPOSIT_STATUS_UNMATCHED)
}

// malleate makes the other signature of the same text by the same key: n − s and the other v.
func malleate(signature []byte) {
	n, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	s := new(big.Int).SetBytes(signature[32:64])
	n.Sub(n, s).FillBytes(signature[32:64])
	signature[64] ^= 1
}

func TestARedemptionOnEthereumThatCantBeIsRefusedByName(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	canonical := ethereum.Canonical()
	good := "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	for recipient, says := range map[string]string{
		common.Address{}.Hex():             "is the zero address",
		f.safe.safe.Hex():                  "is the vault itself",
		f.safe.contract.Hex():              "is the deposit contract",
		canonical.MultiSend.Hex():          "is MultiSend",
		canonical.Singleton.Hex():          "is the Safes' code",
		canonical.Factory.Hex():            "is the Safes' factory",
		strings.ToLower(good):              "has a wrong EIP-55 checksum",
		strings.Replace(good, "A", "a", 1): "has a wrong EIP-55 checksum",
		good[2:]:                           "want 0x and 40 hex digits",
		good + "00":                        "want 0x and 40 hex digits",
		staker("bob"):                      "want 0x and 40 hex digits",
		"":                                 "want 0x and 40 hex digits",
	} {
		_, err := f.redeem("alice", 1_000*milli, recipient)
		require.ErrorIs(t, err, types.ErrInvalidRecipient, recipient)
		require.ErrorContains(t, err, says, recipient)
	}
	require.EqualValues(t, 3_000*milli, f.held("alice"))
	_, err := f.redeem("alice", 1_000*milli, good)
	require.NoError(t, err)
}

// reverting and burning are contracts' codes: revert(0, 0); an endless loop.
var (
	reverting = common.FromHex("5f5ffd")
	burning   = common.FromHex("5b5f56")
)

func TestOfTenRedemptionsOfWhichOneCanNotBePaidNineAre(t *testing.T) {
	for name, code := range map[string][]byte{"a recipient that reverts": reverting, "a recipient that burns all gas": burning} {
		t.Run(name, func(t *testing.T) {
			f := runningSafe(t)
			f.stake("alice", 3_000*milli)
			bad := common.HexToAddress("0xbadbad")
			f.safe.evm.SetCode(bad, code)
			recipients := make([]common.Address, 10)
			var last uint64
			for i := range recipients {
				recipients[i] = common.BigToAddress(big.NewInt(int64(0xa000 + i)))
				if i == 6 {
					recipients[i] = bad
				}
				last = f.withdraw("alice", 100*milli, recipients[i])
			}
			refused := last - 3
			f.block()
			for transactions := 0; f.latest(1) != nil; transactions++ {
				require.Less(t, transactions, 12)
				receipt := f.safe.execute(f.signed(f.openOf(payoutOf)))
				require.False(t, receipt.Reverted, receipt.Reason)
				f.observe()
				f.blocks(2)
				f.books()
			}
			for i, recipient := range recipients {
				if recipient != bad {
					f.requireReceived(recipient, 100*milli-100*gwei)
					require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(last-9+uint64(i)).Redemption.Status)
				}
			}
			f.requireReceived(bad, 0)
			r := f.redemption(refused).Redemption
			require.Equal(t, types.REDEMPTION_STATUS_REFUSED, r.Status)
			require.True(t, r.FeesBurned.IsPositive())
			require.Equal(t, atom(2_100*milli).Sub(r.FeesBurned).String(), atom(f.held("alice")).String(), "the rTokens are back, less fees")
			require.Equal(t, f.safe.evm.Balance(f.safe.safe).String(), f.ledger(1).Balance.String())
		})
	}
}

func TestASafeIsHandedOnAtOnceAndItsLedgerWithIt(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	waiting := f.requireDepositOf(f.safe.pays("bob", 4*milli))
	next := f.electSafe(8, 4, 3)
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "its account is known")
	require.Equal(t, f.vault(1).Address, f.vault(next).Address)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	session := f.openOf(handoverOf)
	receipt := f.safe.execute(f.signed(session))
	require.False(t, receipt.Reverted, receipt.Reason)
	f.safe.deposits("carol", userText("carol"), 5*milli)
	f.safe.pays("dave", 6*milli)
	f.safe.force(9)
	f.observe()

	require.Equal(t, []uint64{next, 0}, []uint64{f.state().ActiveVault, f.state().PendingVault})
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(1).Status, "nothing is swept from it")
	require.Equal(t, multisigtypes.VAULT_STATUS_ACTIVE, f.vault(next).Status)
	require.True(t, f.ledger(1).Balance.IsZero())
	require.Equal(t, f.safe.evm.Balance(f.safe.safe).String(), f.ledger(next).Balance.String())
	require.EqualValues(t, 5*milli, f.held("carol"), "deposited behind the handover in the same range")
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.books()
	_, err := f.claimSigned(waiting, "bob", chainID, userText("bob"), nil)
	require.NoError(t, err)
	require.EqualValues(t, 4*milli, f.held("bob"), "received before the handover, claimed after it")
	f.books()

	f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.carryOut(payoutOf)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
	f.nextEra()
	f.blocks(3)
	require.Nil(t, f.latest(1))
	f.books()
}

// contested is a contract whose payout is signed and not sent while its Safe is handed over; both are signed.
func contested(t *testing.T) (f *fixture, id, next uint64, paying, handing []byte) {
	t.Helper()
	f = runningSafe(t)
	f.stake("alice", 3_000*milli)
	id = f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	session := f.openOf(payoutOf)
	paying = f.signed(session)
	next = f.electSafe(8, 4, 3)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "its members may still sign for credit")
	f.expire(session)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	handing = f.signed(f.openOf(handoverOf))
	f.books()
	info := f.redemption(id)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, info.Redemption.Status)
	require.Contains(t, info.Estimate, "signed anew by the next committee")
	return f, id, next, paying, handing
}

func TestAPayoutThatWasSignedAndNotSentBeforeAHandoverIsPaidOnceByTheNextCommittee(t *testing.T) {
	f, id, next, paying, handing := contested(t)
	reserve := f.state().Reserve
	require.False(t, f.safe.execute(handing).Reverted)
	f.observe()
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, reserve.Sub(math.NewIntFromBigInt(f.safe.refunded)).String(), f.state().Reserve.String())
	require.Equal(t, "GS026", f.safe.execute(paying).Reason, "the former owners' signatures are worth nothing")
	f.books()
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
	require.True(t, f.safe.execute(paying).Reverted)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
	require.True(t, f.state().FeesCommitted.IsZero())
}

func TestAPayoutThatIsSentInTheMiddleOfAHandoverSendsTheHandoverToTheNextNonce(t *testing.T) {
	f, id, next, paying, handing := contested(t)
	require.False(t, f.safe.execute(paying).Reverted)
	require.Equal(t, "GS026", f.safe.execute(handing).Reason)
	f.observe()
	f.books()
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover, "it is opened anew at once")
	again := f.openOf(handoverOf)
	require.EqualValues(t, 1, again.Sequence)
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
	f.blocks(3)
	require.Nil(t, f.latest(next), "nothing is left to pay")
	require.True(t, f.state().FeesCommitted.IsZero())
}

func TestAPayoutThatNobodySignedIsNotTriedAgainDuringAHandover(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	id := f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	session := f.openOf(payoutOf)
	f.signBy(session, 2)
	next := f.electSafe(8, 4, 3)
	f.expire(session)
	f.block()
	handover := f.openOf(handoverOf)
	require.Equal(t, session.Sequence, handover.Sequence)
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
}

func TestAHandoverThatGotTooFewSignaturesIsSignedAgainByTheSameDigestAndProvenAsItsFirstAttempt(t *testing.T) {
	f, _, next, _, _ := contested(t)
	first := f.openOf(handoverOf)
	f = f.reload(t)
	f.safe.f = f
	second := func() *multisigtypes.Session {
		f.nextEra()
		return f.openOf(handoverOf)
	}()
	require.Equal(t, first.Root, second.Root)
	f.expire(second)
	require.False(t, f.safe.execute(f.calldata(first.Id)).Reverted)
	f.observe()
	require.Equal(t, next, f.state().ActiveVault)
	f.books()
}

func TestAnEmptySafeIsHandedOnWithoutARefund(t *testing.T) {
	f := seatedSafe(t, 4, 3)
	f.safe.deploy(1)
	f.safe.prove(1)
	f.observe()
	next := f.electSafe(8, 4, 3)
	f.block()
	require.True(t, f.payload(f.openOf(handoverOf).Id).Fee.IsZero())
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	require.Zero(t, f.safe.refunded.Sign())

	f.safe.deposits("funder", types.ReserveMemo, 5)
	f.observe()
	f.electSafe(12, 4, 3)
	f.block()
	require.Equal(t, "5wei", f.payload(f.openOf(handoverOf).Id).Fee.String(), "no more than there is")
	f.carryOut(handoverOf)
	require.Zero(t, f.safe.refunded.Sign(), "5 wei are less than a wei for each gas")
}

func TestTwentyOneOwnersHandASafeToTwentyOneOthersWhoPay(t *testing.T) {
	f := runningSafeOf(t, 15, 11, func(c *types.Contract) {
		c.Tiers = []types.Tier{{MinAssets: math.ZeroInt(), Size_: 15, Threshold: 11}}
	})
	f.stake("alice", 3_000*milli)
	next := f.electSafe(15, 21, 15)
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.carryOut(payoutOf)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
	again := f.electSafe(0, 15, 11)
	f.carryOut(handoverOf)
	require.Equal(t, again, f.state().ActiveVault)
}

func TestAHandoverThatIsProvenFailedFreesItsRivalAndIsTriedAgainLater(t *testing.T) {
	f, id, next, _, _ := contested(t)
	fee := atom(12_345)
	f.safe.claimed(f.openOf(handoverOf).Root, false, 1, fee)
	reserve := f.state().Reserve
	f.observe()
	require.Equal(t, reserve.Sub(fee).String(), f.state().Reserve.String())
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(id).Redemption.Status, "its nonce is used")
	require.EqualValues(t, 1, f.state().FailedMoves)
	require.Equal(t, []uint64{1, next}, []uint64{f.state().ActiveVault, f.state().PendingVault})
	f.books()
	f.blocks(2)
	require.EqualValues(t, 1, f.openOf(handoverOf).Sequence)
	require.True(t, strings.Contains(strings.Join(f.alarms, ";"), "PURPOSE_HANDOVER of vault 1 failed"), f.alarms)
}

// claimed reports an execution that the chain never saw; its refund is missing from the Safe from then on.
func (c *safeChain) claimed(session uint64, success bool, code uint32, fee math.Int) {
	s, _, err := c.f.multisig.Session(c.f.ctx, session)
	require.NoError(c.f.t, err)
	c.missing.Add(c.missing, fee.BigInt())
	c.txs++
	c.emit(types.Event{Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: s.Vault, Session: session, TxHash: c.last(), Success: success, Code: code, Fee: &fee,
	}}})
}

func TestASafeThatCouldNotPayBlamesNoRedeemer(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	id := f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	f.safe.claimed(f.openOf(payoutOf).Root, false, 5, atom(99))
	f.observe()
	require.True(t, f.state().Halts.Payouts)
	r := f.redemption(id).Redemption
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, r.Status)
	require.True(t, r.FeesBurned.IsZero() && r.FeesFailed.IsZero())
	f.books()
}

func TestAnEmergencyInTheMiddleOfAHandoverReplacesTheNextCommittee(t *testing.T) {
	f, id, next, _, handing := contested(t)
	f.seat(f.candidates(12, 4), f.candidates(36, 4), 3)
	require.True(t, f.state().Reseat, "a handover that can execute is waited for")
	require.False(t, f.safe.execute(handing).Reverted)
	f.observe()
	f.blocks(2)
	require.Equal(t, next, f.state().ActiveVault)
	require.NotZero(t, f.state().PendingVault)
	f.carryOut(handoverOf)
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
}

func TestAFirstSafeThatIsNotTheCommitteesIsGivenUpBeforeItsFirstUse(t *testing.T) {
	f := seatedSafe(t, 4, 3)
	f.safe.deploy(1)
	lost := f.safe.deposits("alice", userText("alice"), 5*milli)
	f.safe.prove(1)
	f.safe.events[len(f.safe.events)-1].GetAccount().Plain = false
	f.observe()
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(1).Status)
	require.EqualValues(t, 2, f.state().PendingVault, "a standby makes it another Safe")
	require.NotEqual(t, f.vault(1).Address, f.vault(2).Address)
	f.requireDeposit(lost, types.DEPOSIT_STATUS_PENDING_SWEEP)
	old, contract := f.safe.safe, f.safe.contract
	f.safe.deploy(2)
	f.safe.prove(2)
	f.observe()
	require.EqualValues(t, 2, f.state().ActiveVault)

	f.safe.emit(types.Event{Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: 1, TxHash: make([]byte, 32), Sender: wallet("alice").Hex(), Memo: userText("alice"), Amount: atom(3 * milli),
	}}})
	f.observe()
	d := f.requireDeposit(make([]byte, 32), types.DEPOSIT_STATUS_PENDING_SWEEP)
	require.Contains(t, d.Reason, "given up before its first use")
	require.NotEqual(t, old, f.safe.safe)
	require.NotEqual(t, contract, f.safe.contract)
	f.books()
	f.blocks(2)
	f.nextEra()
	f.blocks(2)
	f.books()
}

func TestHaltsAndWindDownOfAContractOnEthereum(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	f.halt(types.Halts{Payouts: true, Deposits: true, Reason: "a test"})
	id := f.withdraw("alice", 2_000*milli, common.HexToAddress("0xb0b"))
	held := f.safe.deposits("bob", userText("bob"), 2*milli)
	f.observe()
	f.requireDeposit(held, types.DEPOSIT_STATUS_HELD)
	f.blocks(3)
	require.Nil(t, f.latest(1))
	f.halt(types.Halts{})
	f.block()
	f.requireDeposit(held, types.DEPOSIT_STATUS_MINTED)
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.halt(types.Halts{WindDown: true, Reason: "the end"})
	f.withdraw("alice", f.held("alice"), common.HexToAddress("0xb0b"))
	f.withdraw("bob", f.held("bob"), common.HexToAddress("0xb0b"))
	f.carryOut(payoutOf)
	finished, err := f.keeper.Hooks().Finished(f.ctx, 1)
	require.NoError(t, err)
	require.True(t, finished)
}

func TestAnExportedHandoverThatCompetesWithAPayoutGoesOn(t *testing.T) {
	for name, first := range map[string]bool{"the handover is sent": true, "the payout is sent": false} {
		t.Run(name, func(t *testing.T) {
			f, id, next, paying, handing := contested(t)
			before, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			f = f.reload(t)
			after, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			require.Equal(t, f.cdc.MustMarshalJSON(before), f.cdc.MustMarshalJSON(after))
			if first {
				require.False(t, f.safe.execute(handing).Reverted)
				f.observe()
				f.carryOut(payoutOf)
			} else {
				require.False(t, f.safe.execute(paying).Reverted)
				f.observe()
				f.carryOut(handoverOf)
			}
			require.Equal(t, next, f.state().ActiveVault)
			require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
			f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-100*gwei)
		})
	}
}
