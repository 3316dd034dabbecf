package observe

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/lightclient"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// deposit is a successful send of 100 to a vault; n makes it different from others.
func deposit(t require.TestingT, vault testVault, n int) lightclient.Tx {
	return ok(encode(t, fmt.Sprintf("memo %d", n), send(testAddress("staker"), vault.Address, 100)))
}

func TestADepositIsReportedWithWhatItSaysWhateverItsMemo(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	for name, c := range map[string]struct{ memo, want string }{
		"with a recipient":            {"stafi1recipient", "stafi1recipient"},
		"without memo":                {"", ""},
		"with a broken address":       {"stafi1broken!", "stafi1broken!"},
		"for the reserve":             {"stafi/reserve", "stafi/reserve"},
		"with a very long memo":       {strings.Repeat("é", 300), strings.Repeat("é", 128)},
		"that names a session":        {"stafi/5", "stafi/5"},
		"with bytes that are no text": {"a\xffb", "a\uFFFDb"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, vault)
			tx := ok(encode(t, c.memo, send(testAddress("x"), testAddress("y"), 1), send(testAddress("staker"), vault.Address, 100)))
			s.chain.add(11, tx)
			s.chain.hold(11, vault.Address, 100)
			require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
				Vault: 1, TxHash: tx.Hash[:], Index: 1, Sender: testAddress("staker"), Memo: c.want, Amount: math.NewInt(100),
			}}}}, s.derive(11).Events)
		})
	}
}

func TestSeveralDepositsInOneTransactionAreEachReported(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	s.chain.add(11, ok(encode(t, "", &banktypes.MsgMultiSend{
		Inputs: []banktypes.Input{{Address: testAddress("staker"), Coins: coins(9)}},
		Outputs: []banktypes.Output{
			{Address: vault.Address, Coins: coins(2)}, {Address: testAddress("b"), Coins: coins(3)}, {Address: strings.ToUpper(vault.Address), Coins: coins(4)},
		},
	})))
	s.chain.hold(11, vault.Address, 6)
	events := s.derive(11).Events
	require.Len(t, events, 2)
	require.Equal(t, uint32(0), depositOf(t, events[0]).Index)
	require.Equal(t, uint32(2), depositOf(t, events[1]).Index)
	require.Equal(t, int64(4), depositOf(t, events[1]).Amount.Int64())
}

func TestAMultiSendWithoutInputsIsNoDeposit(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	s.chain.add(11, ok(encode(t, "", &banktypes.MsgMultiSend{Outputs: []banktypes.Output{{Address: vault.Address, Coins: coins(4)}}})))
	s.chain.hold(11, vault.Address, 4)
	require.NotNil(t, s.derive(11).Events[0].GetSurplus())
}

func TestInflowThatNoTopLevelMessageShowsIsSurplus(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	s.chain.add(11, ok(encode(t, "", &banktypes.MsgUpdateParams{})))
	s.chain.hold(11, vault.Address, 70)
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: 1, Amount: math.NewInt(70)}}}}, s.derive(11).Events)
}

func TestATransactionThatFailedOrInAnotherDenomHasNoEvent(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	failedTx := deposit(t, vault, 1)
	failedTx.Code = 5
	other := &banktypes.MsgSend{FromAddress: testAddress("a"), ToAddress: vault.Address, Amount: coins(5)}
	other.Amount[0].Denom = "uosmo"
	s.chain.add(11, failedTx, ok(encode(t, "", other)))
	require.Empty(t, s.derive(11).Events)
}

func TestATransactionThatCantBeReadIsQuarantinedAndHidesNothing(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	unreadable, injected := ok([]byte("unreadable")), lightclient.Tx{Hash: [32]byte{1}, Bytes: []byte("injected"), Code: 2}
	s.chain.add(11, injected, unreadable, deposit(t, vault, 1))
	s.chain.hold(11, vault.Address, 125)
	s.in.To = 11
	o, quarantined, err := Derive(context.Background(), s.in, wide)
	require.NoError(t, err)
	require.Len(t, o.Events, 2)
	require.Equal(t, int64(25), o.Events[1].GetSurplus().Amount.Int64())
	require.Len(t, quarantined, 1)
	require.Equal(t, unreadable.Hash, quarantined[0].Hash)
	require.Equal(t, uint64(11), quarantined[0].Height)
	require.Contains(t, quarantined[0].Reason, "undecodable transaction")
}

func TestAPendingVaultsAccountIsReportedOnceItExists(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	vault.AccountKnown = false
	s := newScene(t, vault)
	s.chain.add(11)
	require.Empty(t, s.derive(11).Events)
	s.chain.sequence(11, vault.Address, 0)
	require.Equal(t, &types.AccountEvent{Vault: 1, Plain: true, Number: 7, Type: BaseAccountType, Locked: math.ZeroInt()}, s.derive(11).Events[0].GetAccount())
	s.chain.sequence(11, vault.Address, 2)
	require.Equal(t, &types.AccountEvent{Vault: 1, Number: 7, Sequence: 2, Type: BaseAccountType, Locked: math.ZeroInt()}, s.derive(11).Events[0].GetAccount())
}

func TestAVestingAccountAtAPendingVaultsAddressIsReportedPlainWithWhatIsLockedInTheContractsDenom(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	vault.AccountKnown = false
	s := newScene(t, vault)
	s.chain.add(11)
	s.chain.hold(11, vault.Address, 5)
	locked := Account{Type: PermanentLockedType, Number: 7, Vesting: true, Locked: append(coins(5), sdk.NewInt64Coin("uosmo", 9))}
	reported := func(account Account) *types.AccountEvent {
		s.chain.accounts[11] = map[string]Account{vault.Address: account}
		o := s.derive(11)
		require.Equal(t, int64(5), o.Events[0].GetSurplus().Amount.Int64(), "it came without an event of its own")
		return o.Events[len(o.Events)-1].GetAccount()
	}
	require.Equal(t, &types.AccountEvent{Vault: 1, Plain: true, Number: 7, Type: PermanentLockedType, Locked: math.NewInt(5)}, reported(locked))
	elsewhere := locked
	elsewhere.Locked = locked.Locked[1:]
	require.Equal(t, &types.AccountEvent{Vault: 1, Plain: true, Number: 7, Type: PermanentLockedType, Locked: math.ZeroInt()}, reported(elsewhere))
	used := locked
	used.Sequence = 1
	require.Equal(t, &types.AccountEvent{Vault: 1, Number: 7, Sequence: 1, Type: PermanentLockedType, Locked: math.ZeroInt()}, reported(used))
	signed := locked
	signed.KeyKnown = true
	require.Equal(t, &types.AccountEvent{Vault: 1, Number: 7, Type: PermanentLockedType, Locked: math.ZeroInt()}, reported(signed))
	malformed := Account{Type: PermanentLockedType, Number: 7}
	require.Equal(t, &types.AccountEvent{Vault: 1, Number: 7, Type: PermanentLockedType, Locked: math.ZeroInt()}, reported(malformed))
}

func TestAnAddressOfAnOlderGenerationIsCountedOnceAndNeverPlain(t *testing.T) {
	old := newTestVault(t, 1, 4, 3)
	old.Ledger = math.NewInt(40)
	again := old
	again.ID, again.AccountKnown, again.Ledger = 2, false, math.ZeroInt()
	s := newScene(t, old, again)
	s.chain.add(11, deposit(t, old, 1))
	s.chain.hold(11, old.Address, 140)
	s.chain.accounts[11] = map[string]Account{old.Address: {Type: DelayedVestingType, Number: 7, Vesting: true, Locked: coins(30)}}
	o := s.derive(11)
	require.Len(t, o.Events, 2)
	require.Equal(t, uint64(1), depositOf(t, o.Events[0]).Vault)
	require.Equal(t, &types.AccountEvent{Vault: 2, Number: 7, Type: DelayedVestingType, Locked: math.ZeroInt()}, o.Events[1].GetAccount())
	require.Equal(t, []types.Balance{{Vault: 1, Amount: math.NewInt(140)}, {Vault: 2, Amount: math.ZeroInt()}}, o.Balances)
}

func TestOfAClosedVaultDepositsAreToldAndItsBalanceOnlyWithAForeignTransaction(t *testing.T) {
	closed, active := newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3)
	closed.Open = false
	closed.Ledger = math.NewInt(500)
	s := newScene(t, closed, active)
	s.chain.add(11, deposit(t, closed, 1))
	s.chain.hold(11, closed.Address, 630)
	o := s.derive(11)
	require.Len(t, o.Events, 1)
	require.Equal(t, uint64(1), depositOf(t, o.Events[0]).Vault)
	require.Len(t, o.Balances, 1)

	stolen := rogue(t, closed, 9)
	s.chain.add(12, stolen)
	s.chain.hold(12, closed.Address, 420)
	o = s.derive(12)
	require.Len(t, o.Events, 2)
	require.Equal(t, &types.OutflowEvent{Vault: 1, TxHash: stolen.Hash[:], Amount: math.NewInt(180)}, o.Events[1].GetOutflow())
	require.Len(t, o.Balances, 1)
}

// golden is a range with an event of every kind, and dust.
func golden(t *testing.T) *scene {
	vaults := []testVault{newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3), newTestVault(t, 3, 7, 5), newTestVault(t, 4, 4, 3)}
	retiring, active, pending := vaults[1], vaults[2], vaults[3]
	vaults[0].Open = false
	vaults[1].Ledger, vaults[2].Ledger = math.NewInt(500), math.NewInt(10_000)
	vaults[3].AccountKnown = false
	s := newScene(t, vaults...)
	sweep := retiring.payload(7, 1, vaultcosmos.Output{Address: active.Address, Amount: math.NewInt(400)})
	sweep.MultiSend = false
	s.books.open(t, 7, 2, multisigtypes.PURPOSE_SWEEP, sweep)
	payout := active.payload(8, 4, output("x", 300), output("y", 200))
	s.books.open(t, 8, 3, multisigtypes.PURPOSE_PAYOUT, payout)
	s.chain.add(11, deposit(t, active, 1), ok(retiring.sign(t, sweep, 1, 2, 3)), deposit(t, retiring, 2))
	dust := ok(encode(t, "stafi/reserve", send(testAddress("staker"), active.Address, 33)))
	s.in.LeastEvent = math.NewInt(100)
	s.chain.add(12, rogue(t, retiring, 9), dust)
	s.chain.sequence(13, retiring.Address, 3)
	s.chain.add(13, failed(active.sign(t, payout, 0, 1, 2, 3, 4), 5), deposit(t, vaults[0], 3), deposit(t, pending, 4))
	s.chain.sequence(12, active.Address, 4)
	s.chain.sequence(13, active.Address, 5)
	s.chain.sequence(13, pending.Address, 0)
	s.chain.hold(13, vaults[0].Address, 100)
	s.chain.hold(13, retiring.Address, 185-150)
	s.chain.hold(13, active.Address, 10_000+100+400-10+33)
	s.chain.hold(13, pending.Address, 100)
	return s
}

func TestTheGoldenObservationIsUnchanged(t *testing.T) {
	o := golden(t).derive(13)
	hash, err := o.Hash()
	require.NoError(t, err)
	got := fmt.Sprintf("%s\nsha256 %X\n", strings.ReplaceAll(o.String(), "events:", "\nevents:"), hash)
	if os.Getenv("STAFID_UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile("testdata/observation.golden", []byte(got), 0o600))
	}
	want, err := os.ReadFile("testdata/observation.golden")
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestTheOrderOfTheInputDoesNotMatter(t *testing.T) {
	s := golden(t)
	want := s.derive(13)
	random := rand.New(rand.NewSource(1))
	for range 20 {
		random.Shuffle(len(s.in.Vaults), func(i, j int) { s.in.Vaults[i], s.in.Vaults[j] = s.in.Vaults[j], s.in.Vaults[i] })
		before := slices.Clone(s.in.Vaults)
		require.Equal(t, want, s.derive(13))
		require.Equal(t, before, s.in.Vaults)
	}
}

func TestAnInputThatNoObservationCanBeIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"an empty range":          func(in *Input) { in.To = in.From },
		"no Cosmos chain":         func(in *Input) { in.Contract.Cosmos = nil },
		"no denom":                func(in *Input) { in.Contract.Denom = "" },
		"a vault without id":      func(in *Input) { in.Vaults[0].ID = 0 },
		"a vault twice":           func(in *Input) { in.Vaults = append(in.Vaults, in.Vaults[0]) },
		"a vault without ledger":  func(in *Input) { in.Vaults[0].Ledger = math.Int{} },
		"an address of elsewhere": func(in *Input) { in.Vaults[0].Address = "osmo1xyz" },
		"a block of elsewhere":    func(in *Input) { in.Contract.ChainId = "other-1" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, newTestVault(t, 1, 4, 3))
			s.chain.add(11)
			s.in.To = 11
			change(&s.in)
			_, _, err := Derive(context.Background(), s.in, wide)
			require.ErrorIs(t, err, ErrInput)
			_, err = (&Scanner{}).derivation(s.in)
			if name != "a block of elsewhere" {
				require.ErrorIs(t, err, ErrInput)
			}
		})
	}
}

func TestWhatCantBeProvenIsAnErrorAndNoObservation(t *testing.T) {
	s := newScene(t, newTestVault(t, 1, 4, 3))
	s.chain.add(11)
	s.in.To = 12
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
	_, _, err = Rederive(context.Background(), s.in, 0)
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
}

// brokenBooks answers no question.
type brokenBooks struct{ err error }

func (b brokenBooks) Session(context.Context, uint64) (multisigtypes.Session, bool, error) {
	return multisigtypes.Session{}, false, b.err
}

func (b brokenBooks) SessionOfDigest(context.Context, [32]byte) (Asked, bool, error) {
	return Asked{}, false, b.err
}

func TestBooksThatDoNotAnswerAreAnErrorAndNoForeignTransaction(t *testing.T) {
	s, vault, payload := payoutScene(t)
	s.chain.add(11, ok(vault.sign(t, payload, 0, 1, 2)))
	s.in.To, s.in.Books = 11, brokenBooks{errors.New("node is away")}
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorContains(t, err, "node is away")
}

func TestADifferenceBeyond256BitsIsAnError(t *testing.T) {
	d := &derivation{}
	big := math.NewIntFromBigInt(longestAmount.BigInt()).BigInt()
	require.NoError(t, d.addDifference(Vault{ID: 1}, big, nil))
	require.ErrorIs(t, d.addDifference(Vault{ID: 1}, big.Add(big, math.OneInt().BigInt()), nil), ErrAmount)
}
