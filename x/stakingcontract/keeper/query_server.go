package keeper

import (
	"context"
	"encoding/hex"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

type queryServer struct{ k Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer returns the query service of the module.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

// answer turns the errors of records that are not there into NotFound.
func answer(err error) error {
	for _, missing := range []error{
		types.ErrContractNotFound, types.ErrDepositNotFound, types.ErrRedemptionNotFound, types.ErrBatchNotFound,
	} {
		if errors.Is(err, missing) {
			return status.Error(codes.NotFound, err.Error())
		}
	}
	return err
}

func (q queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := q.k.params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

func (q queryServer) Contract(ctx context.Context, req *types.QueryContractRequest) (*types.QueryContractResponse, error) {
	info, err := q.info(ctx, req.Id)
	if err != nil {
		return nil, answer(err)
	}
	return &types.QueryContractResponse{Info: info}, nil
}

func (q queryServer) info(ctx context.Context, id uint64) (types.ContractInfo, error) {
	contract, state, err := q.k.load(ctx, id)
	if err != nil {
		return types.ContractInfo{}, err
	}
	info := types.ContractInfo{
		Contract: contract, State: state, ClosedReason: q.closed(ctx, contract, state),
		RedemptionFee: payout.Charge(contract, state.GasBoost), LeastRedemption: payout.Least(contract, state.GasBoost),
	}
	info.DepositsOpen = info.ClosedReason == ""
	if state.ActiveVault == 0 {
		return info, nil
	}
	vault, err := q.k.multisig.Vault(ctx, state.ActiveVault)
	if err != nil {
		return info, err
	}
	info.DepositAddress = vault.Address
	info.DepositContract, err = types.DepositContract(vault)
	return info, err
}

// closed says why nobody should deposit now.
func (q queryServer) closed(ctx context.Context, contract types.Contract, state types.ContractState) string {
	if state.Halts.WindDown {
		return "the contract is being wound down: what arrives mints, only to be redeemed"
	}
	if reason := q.k.depositsClosed(ctx, contract, state); reason != "" {
		return reason
	}
	return overBound(contract, q.k.owed(ctx, contract, state), contract.Limits.MinDeposit)
}

func (q queryServer) Contracts(ctx context.Context, req *types.QueryContractsRequest) (*types.QueryContractsResponse, error) {
	contracts, page, err := query.CollectionPaginate(ctx, q.k.contracts, req.Pagination,
		func(id uint64, _ types.Contract) (types.ContractInfo, error) { return q.info(ctx, id) })
	if err != nil {
		return nil, answer(err)
	}
	return &types.QueryContractsResponse{Contracts: contracts, Pagination: page}, nil
}

func (q queryServer) Ledgers(ctx context.Context, req *types.QueryLedgersRequest) (*types.QueryLedgersResponse, error) {
	if _, err := q.k.Contract(ctx, req.Contract); err != nil {
		return nil, answer(err)
	}
	response := &types.QueryLedgersResponse{}
	err := q.k.ledgers.Walk(ctx, nil, func(id uint64, ledger types.Ledger) (bool, error) {
		if ledger.Contract != req.Contract {
			return false, nil
		}
		vault, err := q.k.multisig.Vault(ctx, id)
		response.Ledgers = append(response.Ledgers, types.VaultLedger{Vault: vault, Ledger: ledger})
		return false, err
	})
	return response, err
}

func (q queryServer) Solvency(ctx context.Context, req *types.QuerySolvencyRequest) (*types.QuerySolvencyResponse, error) {
	contract, state, err := q.k.load(ctx, req.Contract)
	if err != nil {
		return nil, answer(err)
	}
	sums, err := q.k.sums(ctx, contract, state)
	if err != nil {
		return nil, err
	}
	escrow := q.k.bank.GetBalance(ctx, q.k.account.GetModuleAddress(types.ModuleName), contract.RtokenDenom)
	return &types.QuerySolvencyResponse{
		Supply: sums.Supply, Escrow: escrow.Amount, Unminted: sums.Unminted, Balances: sums.Balances, Reserve: sums.Reserve,
		Surplus: sums.Surplus(), Solvent: sums.Solvent(),
	}, nil
}

func (q queryServer) Proposals(ctx context.Context, req *types.QueryProposalsRequest) (*types.QueryProposalsResponse, error) {
	if _, err := q.k.Contract(ctx, req.Contract); err != nil {
		return nil, answer(err)
	}
	open, err := q.k.openProposals(ctx, req.Contract)
	if err != nil {
		return nil, err
	}
	response := &types.QueryProposalsResponse{}
	for _, p := range open {
		info := types.ProposalInfo{Proposal: p, Observation: types.Observation{
			Contract: p.Contract, From: p.From, To: p.To, FromIndex: p.FromIndex, ToIndex: p.ToIndex, BlockHash: p.BlockHash, Balances: p.Balances,
		}}
		if info.Observation.Events, err = q.k.eventsOf(ctx, p); err != nil {
			return nil, err
		}
		if info.Votes, err = q.k.votesOf(ctx, p); err != nil {
			return nil, err
		}
		response.Proposals = append(response.Proposals, info)
	}
	return response, nil
}

func (q queryServer) Deposit(ctx context.Context, req *types.QueryDepositRequest) (*types.QueryDepositResponse, error) {
	hash, err := hashOf(req.TxHash)
	if err != nil {
		return nil, err
	}
	d, err := q.k.Deposit(ctx, req.Contract, hash, req.Index)
	if err != nil {
		return nil, answer(err)
	}
	return &types.QueryDepositResponse{Deposit: d}, nil
}

func hashOf(text string) ([]byte, error) {
	hash, err := hex.DecodeString(text)
	if err != nil || len(hash) != types.HashSize {
		return nil, status.Errorf(codes.InvalidArgument, "tx_hash is %q, wanted %d bytes in hex", text, types.HashSize)
	}
	return hash, nil
}

func (q queryServer) Deposits(ctx context.Context, req *types.QueryDepositsRequest) (*types.QueryDepositsResponse, error) {
	if _, err := q.k.Contract(ctx, req.Contract); err != nil {
		return nil, answer(err)
	}
	deposits, page, err := query.CollectionFilteredPaginate(ctx, q.k.deposits, req.Pagination,
		func(_ depositKey, d types.Deposit) (bool, error) {
			return req.Status == types.DEPOSIT_STATUS_UNSPECIFIED || d.Status == req.Status, nil
		},
		func(_ depositKey, d types.Deposit) (types.Deposit, error) { return d, nil },
		ofContract(req.Contract),
	)
	if err != nil {
		return nil, err
	}
	return &types.QueryDepositsResponse{Deposits: deposits, Pagination: page}, nil
}

// ofContract limits a page to the deposits of one contract.
func ofContract(contract uint64) func(*query.CollectionsPaginateOptions[depositKey]) {
	return func(o *query.CollectionsPaginateOptions[depositKey]) {
		prefix := collections.TriplePrefix[uint64, []byte, uint32](contract)
		o.Prefix = &prefix
	}
}

func (q queryServer) ClaimText(ctx context.Context, req *types.QueryClaimTextRequest) (*types.QueryClaimTextResponse, error) {
	hash, err := hashOf(req.TxHash)
	if err != nil {
		return nil, err
	}
	d, err := q.k.Deposit(ctx, req.Contract, hash, req.Index)
	if err != nil {
		return nil, answer(err)
	}
	if _, err := q.k.accountAddress(req.Recipient); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "recipient %q: %s", req.Recipient, err)
	}
	contract, err := q.k.Contract(ctx, req.Contract)
	if err != nil {
		return nil, answer(err)
	}
	text := claim.Deposit{
		ChainID: sdk.UnwrapSDKContext(ctx).ChainID(), Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: req.Recipient,
	}.Text()
	document, err := claim.SchemeOf(contract).Document(text, d.Sender)
	if err != nil {
		return nil, err
	}
	return &types.QueryClaimTextResponse{Signer: d.Sender, Text: text, SignDocument: document}, nil
}

func (q queryServer) Redemption(ctx context.Context, req *types.QueryRedemptionRequest) (*types.QueryRedemptionResponse, error) {
	r, err := q.k.Redemption(ctx, req.Id)
	if err != nil {
		return nil, answer(err)
	}
	history, err := q.k.historyOf(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if err := q.deriveSigned(ctx, &r, &history); err != nil {
		return nil, err
	}
	by, words, err := q.k.estimate(ctx, r)
	if err != nil {
		return nil, err
	}
	return &types.QueryRedemptionResponse{Info: types.RedemptionInfo{
		Redemption: r, History: history, EstimateHeight: by, Estimate: words,
	}}, nil
}

// deriveSigned shows a redemption as SIGNED, with an entry in its history, while the newest attempt of its payment has its signatures.
func (q queryServer) deriveSigned(ctx context.Context, r *types.Redemption, history *[]types.StatusChange) error {
	if r.Status != types.REDEMPTION_STATUS_SIGNING {
		return nil
	}
	session, contested, err := q.k.latest(ctx, *r)
	if err != nil || contested {
		return err
	}
	_, tally, err := q.k.multisig.Session(ctx, session.Id)
	if err != nil {
		return err
	}
	if tally.Status != multisigtypes.SESSION_STATUS_SIGNED {
		return nil
	}
	r.Status = types.REDEMPTION_STATUS_SIGNED
	entry := types.StatusChange{Status: r.Status, Height: tally.SignedHeight, Session: session.Id}
	if n := len(*history); n > 0 {
		entry.Time = (*history)[n-1].Time
	}
	*history = append(*history, entry)
	return nil
}

func (q queryServer) Redemptions(ctx context.Context, req *types.QueryRedemptionsRequest) (*types.QueryRedemptionsResponse, error) {
	if req.Redeemer == "" {
		redemptions, page, err := query.CollectionPaginate(ctx, q.k.redemptions, req.Pagination,
			func(_ uint64, r types.Redemption) (types.Redemption, error) { return r, nil })
		if err != nil {
			return nil, err
		}
		return &types.QueryRedemptionsResponse{Redemptions: redemptions, Pagination: page}, nil
	}
	redeemer, err := q.k.accountAddress(req.Redeemer)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "redeemer %q: %s", req.Redeemer, err)
	}
	redemptions, page, err := query.CollectionPaginate(ctx, q.k.redeemers, req.Pagination,
		func(key collections.Pair[[]byte, uint64], _ collections.NoValue) (types.Redemption, error) {
			return q.k.Redemption(ctx, key.K2())
		}, query.WithCollectionPaginationPairPrefix[[]byte, uint64](redeemer))
	if err != nil {
		return nil, err
	}
	return &types.QueryRedemptionsResponse{Redemptions: redemptions, Pagination: page}, nil
}

func (q queryServer) Batch(ctx context.Context, req *types.QueryBatchRequest) (*types.QueryBatchResponse, error) {
	batch, err := q.k.Batch(ctx, req.Root)
	if err != nil {
		return nil, answer(err)
	}
	return &types.QueryBatchResponse{Batch: batch}, nil
}
