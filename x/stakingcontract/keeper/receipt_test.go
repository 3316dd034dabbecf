package keeper_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// least is the rTokens that a client of the tests must hold.
const least = 5_000

// serving is a running contract that counts calls, in the second era, with clients that hold rTokens since the first.
func serving(t tb, clients ...string) *fixture {
	t.Helper()
	f := running(t, func(c *types.Contract) { c.Limits.MinClientBalance = atom(least) })
	for _, name := range clients {
		f.mint(name, least)
	}
	f.nextEra()
	f.seat(f.candidates(0, 4), f.candidates(10, 4), 3)
	return f
}

// mint mints rTokens to a user.
func (f *fixture) mint(name string, amount int64) {
	f.t.Helper()
	coins := sdk.NewCoins(sdk.NewInt64Coin(rtoken, amount))
	require.NoError(f.t, f.bank.MintCoins(f.ctx, types.ModuleName, coins))
	require.NoError(f.t, f.bank.SendCoinsFromModuleToAccount(f.ctx, types.ModuleName, user(name), coins))
}

// give sends rTokens from one user to another.
func (f *fixture) give(from, to string, amount int64) {
	f.t.Helper()
	require.NoError(f.t, f.bank.SendCoins(f.ctx, user(from), user(to), sdk.NewCoins(sdk.NewInt64Coin(rtoken, amount))))
}

func (f *fixture) member(i int) multisigtest.Member { return f.candidates(i, 1)[0] }

func (f *fixture) body(member multisigtest.Member, calls uint64) receipt.Body {
	era, err := f.ssv.CurrentEra(f.ctx)
	require.NoError(f.t, err)
	return receipt.Body{ChainID: chainID, Contract: 1, Era: era.Number, Operator: f.operator(member.Operator), Calls: calls}
}

func (f *fixture) receipt(member multisigtest.Member, name string, calls uint64) types.Receipt {
	f.t.Helper()
	return f.sign1(f.body(member, calls), name)
}

func (f *fixture) sign1(body receipt.Body, name string) types.Receipt {
	f.t.Helper()
	key := stakerKey(name)
	r, err := receipt.Sign(body, key.PubKey().Bytes(), key.Sign)
	require.NoError(f.t, err)
	return types.Receipt{Client: r.Client, Calls: r.Calls, Signature: r.Signature}
}

func (f *fixture) handIn(member multisigtest.Member, receipts ...types.Receipt) (*types.MsgSubmitRPCReceiptsResponse, error) {
	return f.submit(member, func(m *types.MsgSubmitRPCReceipts) { m.Receipts = receipts })
}

// submit runs the message as a transaction does: what it wrote is dropped where it fails.
func (f *fixture) submit(member multisigtest.Member, change func(*types.MsgSubmitRPCReceipts)) (*types.MsgSubmitRPCReceiptsResponse, error) {
	msg := &types.MsgSubmitRPCReceipts{Submitter: bech(prefix, member.Submitter), Contract: 1, Era: f.body(member, 1).Era}
	change(msg)
	cache, write := f.ctx.CacheContext()
	response, err := f.msg.SubmitRPCReceipts(cache, msg)
	if err == nil {
		write()
	}
	return response, err
}

func (f *fixture) calls(member multisigtest.Member) ssvtypes.CallAccount {
	f.t.Helper()
	accounts, err := f.ssv.CallsOf(f.ctx, f.body(member, 1).Era, f.operator(member.Operator))
	require.NoError(f.t, err)
	if len(accounts) == 0 {
		return ssvtypes.CallAccount{}
	}
	require.Len(f.t, accounts, 1)
	return accounts[0]
}

func TestCallsAreCountedByTheirDifference(t *testing.T) {
	f := serving(t, "alice", "bob")
	member := f.member(0)
	response, err := f.handIn(member, f.receipt(member, "alice", 5), f.receipt(member, "bob", 7))
	require.NoError(t, err)
	require.Equal(t, uint64(12), response.Calls)
	response, err = f.handIn(member, f.receipt(member, "alice", 9))
	require.NoError(t, err)
	require.Equal(t, uint64(4), response.Calls)
	require.Equal(t, ssvtypes.CallAccount{Era: 2, Operator: member.Operator, Contract: 1, Calls: 16, Clients: 2}, f.calls(member))
}

func TestAClientCountsForEachMemberThatItCalled(t *testing.T) {
	f := serving(t, "alice")
	for i := range 4 {
		_, err := f.handIn(f.member(i), f.receipt(f.member(i), "alice", uint64(i+1)))
		require.NoError(t, err)
		require.Equal(t, uint64(i+1), f.calls(f.member(i)).Calls)
	}
}

func TestACountAboveTheMostCountsAsTheMost(t *testing.T) {
	f := serving(t, "alice")
	f.params(func(p *types.Params) { p.MaxCallsPerClient = 10 })
	response, err := f.handIn(f.member(0), f.receipt(f.member(0), "alice", 11))
	require.NoError(t, err)
	require.Equal(t, uint64(10), response.Calls)
	_, err = f.handIn(f.member(0), f.receipt(f.member(0), "alice", 12))
	require.ErrorIs(t, err, types.ErrLowerCount)
	require.ErrorContains(t, err, "12, of which at most 10 count, wanted more than 10")
}

// order of the group of secp256k1.
var order, _ = new(big.Int).SetString("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", 16)

func malleated(r types.Receipt) types.Receipt {
	r.Signature = slices.Clone(r.Signature)
	new(big.Int).Sub(order, new(big.Int).SetBytes(r.Signature[32:])).FillBytes(r.Signature[32:])
	return r
}

func TestReceiptsThatDoNotCountAreRefusedByNameAndNothingChanges(t *testing.T) {
	f := serving(t, "alice", "bob")
	member, other, stranger := f.member(0), f.member(1), f.member(20)
	_, err := f.handIn(member, f.receipt(member, "alice", 5))
	require.NoError(t, err)
	f.mint("newcomer", least)
	good := f.receipt(member, "bob", 1)
	forged := func(change func(*receipt.Body)) types.Receipt {
		body := f.body(member, 6)
		change(&body)
		return f.sign1(body, "alice")
	}
	of := func(receipts ...types.Receipt) func(*types.MsgSubmitRPCReceipts) {
		return func(m *types.MsgSubmitRPCReceipts) { m.Receipts = receipts }
	}
	for name, c := range map[string]struct {
		from   multisigtest.Member
		change func(*types.MsgSubmitRPCReceipts)
		want   error
		says   string
	}{
		"a count as known":                {member, of(f.receipt(member, "alice", 5)), types.ErrLowerCount, "wanted more than 5"},
		"a lower count":                   {member, of(f.receipt(member, "alice", 4)), types.ErrLowerCount, "wanted more than 5"},
		"a client without rTokens":        {member, of(f.receipt(member, "carol", 1)), types.ErrClientBalance, "0ruatom, wanted at least 5000"},
		"a client that got them lately":   {member, of(f.receipt(member, "newcomer", 1)), types.ErrClientBalance, "0ruatom"},
		"another era in the message":      {member, func(m *types.MsgSubmitRPCReceipts) { m.Era, m.Receipts = 1, []types.Receipt{good} }, types.ErrReceiptEra, "era 1, wanted the current one, 2"},
		"another era in the receipt":      {member, of(good, forged(func(b *receipt.Body) { b.Era = 1 })), types.ErrInvalidReceipt, "receipt 1"},
		"another contract":                {member, of(good, forged(func(b *receipt.Body) { b.Contract = 2 })), types.ErrInvalidReceipt, "receipt 1"},
		"another chain":                   {member, of(good, forged(func(b *receipt.Body) { b.ChainID = "stafi-2" })), types.ErrInvalidReceipt, "receipt 1"},
		"another operator":                {member, of(good, f.receipt(other, "alice", 6)), types.ErrInvalidReceipt, "receipt 1"},
		"a contract that is not there":    {member, func(m *types.MsgSubmitRPCReceipts) { m.Contract, m.Receipts = 2, []types.Receipt{good} }, types.ErrContractNotFound, "contract 2"},
		"malleated":                       {member, of(good, malleated(f.receipt(member, "alice", 6))), types.ErrInvalidReceipt, "half the order"},
		"twice in a batch":                {member, of(f.receipt(member, "bob", 2), good), types.ErrDuplicateReceipt, "receipts 0 and 1"},
		"no receipts":                     {member, of(), types.ErrReceiptCount, "0 receipts, wanted from 1 to 1000"},
		"a key that is none":              {member, of(types.Receipt{Client: make([]byte, 33), Calls: 1, Signature: good.Signature}), types.ErrInvalidReceipt, "no valid public key"},
		"no calls":                        {member, of(types.Receipt{Client: good.Client, Signature: good.Signature}), types.ErrInvalidReceipt, "0 calls"},
		"a candidate that does not serve": {stranger, of(f.receipt(stranger, "bob", 1)), types.ErrNotServing, stranger.Operator},
		"somebody else's submitter":       {other, of(good), types.ErrInvalidReceipt, "receipt 0"},
		"an account that is no submitter": {multisigtest.Member{Operator: member.Operator, Submitter: user("alice")}, of(good), types.ErrNotSubmitter, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := f.export()
			_, err := f.submit(c.from, c.change)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, before, f.export())
			require.Equal(t, uint64(5), f.calls(member).Calls)
		})
	}
	_, err = f.handIn(member, good)
	require.NoError(t, err, "the receipt that the bad batches had beside the bad one counts")
}

func (f *fixture) export() types.GenesisState {
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	return *genesis
}

func TestMoreReceiptsThanAMessageMayHaveAreRefused(t *testing.T) {
	f := serving(t, "alice", "bob")
	f.params(func(p *types.Params) { p.MaxReceipts = 1 })
	_, err := f.handIn(f.member(0), f.receipt(f.member(0), "alice", 1), f.receipt(f.member(0), "bob", 1))
	require.ErrorIs(t, err, types.ErrReceiptCount)
	require.ErrorContains(t, err, "2 receipts, wanted from 1 to 1")
}

func TestAContractWithoutAMinimumCountsNoCalls(t *testing.T) {
	f := running(t)
	f.mint("alice", least)
	f.nextEra()
	_, err := f.handIn(f.member(0), f.receipt(f.member(0), "alice", 1))
	require.ErrorIs(t, err, types.ErrCallsUncounted)
}

func TestAClientThatMovesItsRTokensSpoilsOnlyItsOwnReceipt(t *testing.T) {
	f := serving(t, "alice", "bob", "carol")
	member := f.member(0)
	batch := []types.Receipt{f.receipt(member, "alice", 3), f.receipt(member, "bob", 4), f.receipt(member, "carol", 5)}
	f.give("bob", "mallory", 1)
	_, err := f.handIn(member, f.receipt(member, "carol", 6))
	require.NoError(t, err)
	response, err := f.handIn(member, batch...)
	require.NoError(t, err)
	require.Equal(t, uint64(3), response.Calls)
	require.Len(t, response.Refused, 2)
	require.Equal(t, uint32(1), response.Refused[0].Index)
	require.Equal(t, types.ErrClientBalance.ABCICode(), response.Refused[0].Code)
	require.Contains(t, response.Refused[0].Reason, "4999ruatom, wanted at least 5000")
	require.Equal(t, uint32(2), response.Refused[1].Index)
	require.Equal(t, types.ErrLowerCount.ABCICode(), response.Refused[1].Code)
	require.Equal(t, uint64(9), f.calls(member).Calls)
}

func TestRTokensThatChangeHandsCountForNobodyElseInTheEra(t *testing.T) {
	f := serving(t, "alice")
	member := f.member(0)
	_, err := f.handIn(member, f.receipt(member, "alice", 1))
	require.NoError(t, err)
	from := "alice"
	for i := range 5 {
		to := fmt.Sprintf("sybil %d", i)
		f.give(from, to, least)
		_, err := f.handIn(member, f.receipt(member, to, 1000))
		require.ErrorIs(t, err, types.ErrClientBalance, to)
		from = to
	}
	f.nextEra()
	_, err = f.handIn(member, f.receipt(member, from, 1))
	require.NoError(t, err, "who holds them when the next era begins counts in it")
}

func TestClientsAndInflowsOfPastErasAreDeletedBitByBit(t *testing.T) {
	f := serving(t, "alice", "bob", "carol")
	f.params(func(p *types.Params) { p.MaxReceiptPrunesPerBlock = 2 })
	member := f.member(0)
	_, err := f.handIn(member, f.receipt(member, "alice", 1), f.receipt(member, "bob", 1), f.receipt(member, "carol", 1))
	require.NoError(t, err)
	f.give("alice", "dave", 1)
	left := func() int { g := f.export(); return len(g.Clients) + len(g.Inflows) }
	f.blocks(3)
	kept := left()
	require.Equal(t, 4, kept, "those of the current era stay; the three inflows of the first are gone")
	f.nextEra()
	f.block()
	require.Equal(t, kept-2, left())
	f.blocks(2)
	require.Zero(t, left())
	require.Equal(t, uint64(3), f.callsIn(member, 2), "the account stays with the era's history")
}

func (f *fixture) callsIn(member multisigtest.Member, era uint64) uint64 {
	account, err := f.ssv.CallAccounts.Get(f.ctx, collections.Join3(era, f.operator(member.Operator), uint64(1)))
	require.NoError(f.t, err)
	return account.Calls
}

func TestCountsSurviveAnExport(t *testing.T) {
	f := serving(t, "alice", "bob")
	member := f.member(0)
	_, err := f.handIn(member, f.receipt(member, "alice", 5))
	require.NoError(t, err)
	f.give("bob", "carol", 7)
	before := f.export()
	require.NoError(t, before.Validate())
	require.NotEmpty(t, before.Clients)
	require.NotEmpty(t, before.Inflows)
	require.NoError(t, f.keeper.InitGenesis(f.ctx, before))
	require.Equal(t, before, f.export())
	_, err = f.handIn(member, f.receipt(member, "alice", 5))
	require.ErrorIs(t, err, types.ErrLowerCount)
}

func TestTheQueryTellsWhetherACallerCounts(t *testing.T) {
	f := serving(t, "alice")
	_, err := f.handIn(f.member(0), f.receipt(f.member(0), "alice", 5))
	require.NoError(t, err)
	f.give("alice", "bob", 1)
	for name, want := range map[string]types.QueryClientResponse{
		"alice": {Era: 2, Wanted: atom(least), Held: atom(least - 1), Calls: 5, MaxCalls: 1000},
		"bob":   {Era: 2, Wanted: atom(least), Held: math.ZeroInt(), MaxCalls: 1000},
	} {
		got, err := f.query.Client(f.ctx, &types.QueryClientRequest{Contract: 1, Client: userText(name), Operator: f.member(0).Operator})
		require.NoError(t, err)
		require.Equal(t, want.String(), got.String(), name)
	}
}

// TestCountsNeverFallAndNoRTokenCountsTwice has clients call, pay each other and members hand in whatever they hold, old receipts too, and
// compares with a model that knows only the most that each client ever handed in and what each held when the era began.
func TestCountsNeverFallAndNoRTokenCountsTwice(t *testing.T) {
	names := []string{"alice", "bob", "carol", "dave"}
	f := serving(t, names...)
	base := f.ctx
	rapid.Check(t, func(t *rapid.T) {
		f.ctx, _ = base.CacheContext()
		member, highest := f.member(0), map[string]uint64{}
		last := uint64(0)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			from, to := rapid.SampledFrom(names).Draw(t, "from"), rapid.SampledFrom(append(names, "sybil")).Draw(t, "to")
			if rapid.Bool().Draw(t, "pay") {
				if balance := f.bank.GetBalance(f.ctx, user(from), rtoken).Amount.Int64(); balance > 0 {
					f.give(from, to, rapid.Int64Range(1, balance).Draw(t, "amount"))
				}
				continue
			}
			calls := rapid.Uint64Range(1, 20).Draw(t, "calls")
			if _, err := f.handIn(member, f.receipt(member, to, calls)); err == nil {
				if calls <= highest[to] {
					t.Fatalf("%s: %d was counted after %d", to, calls, highest[to])
				}
				highest[to] = calls
			}
			account := f.calls(member)
			if account.Calls < last {
				t.Fatalf("the account fell from %d to %d", last, account.Calls)
			}
			last = account.Calls
		}
		sum, clients := uint64(0), 0
		for _, calls := range highest {
			sum += calls
			clients++
		}
		if last != sum || clients > len(names) || highest["sybil"] > 0 {
			t.Fatalf("counted %d of %d clients, want %d of at most %d holders: %v", last, clients, sum, len(names), highest)
		}
	})
}

// TestTheGasAndSizeOfAReceiptAreBounded keeps the README's figures true: what a receipt costs its member and how large it travels.
func TestTheGasAndSizeOfAReceiptAreBounded(t *testing.T) {
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("client %d", i)
	}
	f := serving(t, names...)
	member := f.member(0)
	msg := types.MsgSubmitRPCReceipts{Submitter: bech(prefix, member.Submitter), Contract: 1, Era: 2}
	gas := func(receipts ...types.Receipt) uint64 {
		meter := storetypes.NewInfiniteGasMeter()
		ctx, _ := f.ctx.WithGasMeter(meter).CacheContext()
		msg.Receipts = receipts
		_, err := f.msg.SubmitRPCReceipts(ctx, &msg)
		require.NoError(t, err)
		return meter.GasConsumed()
	}
	var receipts []types.Receipt
	for _, name := range names {
		receipts = append(receipts, f.receipt(member, name, 1000))
	}
	each := (gas(receipts...) - gas(receipts[0])) / 99
	t.Logf("%d gas and %d bytes a receipt, %d gas a message of one", each, (msg.Size()-60)/len(msg.Receipts), gas(receipts[0]))
	require.Less(t, each, uint64(13_000))
	msg.Receipts = receipts
	require.LessOrEqual(t, msg.Size(), 110*len(receipts))
}

// BenchmarkHandingInAThousandReceipts is the handler's whole work: signatures, balances, counts.
func BenchmarkHandingInAThousandReceipts(b *testing.B) {
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("client %d", i)
	}
	f := serving(b, names...)
	member := f.member(0)
	receipts := make([]types.Receipt, len(names))
	for i, name := range names {
		receipts[i] = f.receipt(member, name, 1000)
	}
	f.commit()
	msg := &types.MsgSubmitRPCReceipts{Submitter: bech(prefix, member.Submitter), Contract: 1, Era: 2, Receipts: receipts}
	for b.Loop() {
		ctx, _ := f.ctx.CacheContext()
		if _, err := f.msg.SubmitRPCReceipts(ctx, msg); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/receipt")
	b.ReportMetric(float64(msg.Size())/1000, "bytes/receipt")
}
