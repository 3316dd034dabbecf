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
	f.requireReceived(bob, 1_000*milli-feeWei)
	require.Equal(t, reserve.Sub(refund).AddRaw(feeWei).String(), f.state().Reserve.String(), "less what was refunded, with the redemption's fee")
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
	f.safe.deposits("alice", userText("alice"), milli-1) // dust, of which there is no record
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
		{reserve, types.DEPOSIT_STATUS_RESERVE}, {nobody, types.DEPOSIT_STATUS_UNMATCHED},
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
					f.requireReceived(recipient, 100*milli-feeWei)
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

func TestHaltsAndWindDownOfAContractOnEthereum(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	f.halt(types.Halts{Payouts: true, Deposits: true, Reason: "a test"})
	id := f.withdraw("alice", 2_000*milli, common.HexToAddress("0xb0b"))
	held := f.safe.deposits("bob", userText("bob"), 100*milli)
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
