package rpc

import (
	"context"
	"encoding/hex"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Deps are what the service tells of; all are safe for concurrent use.
type Deps struct {
	Node *stafi.Node
	// View is the newest state that the relayer has read; an error says why there is none fit to tell.
	View func() (stafi.View, error)
	// Serves says whether the operator is a member of a contract's committee.
	Serves func(view stafi.View, contract uint64) bool
	// Client is the light client of an original chain, nil where there is none; Clients are all.
	Client  func(chainID string) lightclient.Client
	Clients func() []lightclient.Client
	Version string
}

// service implements rpcapi.ServiceServer.
type service struct {
	Deps
	origin *originFacts
}

var _ rpcapi.ServiceServer = (*service)(nil)

func newService(deps Deps) *service {
	return &service{Deps: deps, origin: newOriginFacts(deps.Client)}
}

// Member implements rpcapi.ServiceServer.
func (s *service) Member(context.Context, *rpcapi.MemberRequest) (*rpcapi.MemberResponse, error) {
	view, err := s.View()
	if err != nil {
		return nil, err
	}
	answer := &rpcapi.MemberResponse{
		ChainId: s.Node.ChainID(), Height: view.Height, Time: view.Time, Operator: view.Operator, Era: view.Era.Number, EraEnd: view.Era.EndTime,
		Version: s.Version, Source: rpcapi.Source_SOURCE_NODE,
	}
	for _, contract := range view.Contracts {
		answer.Terms = append(answer.Terms, rpcapi.Terms{
			Contract: contract.Id, ChainId: contract.ChainId, RtokenDenom: contract.RtokenDenom, Serves: s.Serves(view, contract.Id),
			MinClientBalance: contract.Limits.ClientBalance(), MaxCallsPerClient: view.Observing.MaxCallsPerClient,
		})
	}
	return answer, nil
}

// Heads implements rpcapi.ServiceServer.
func (s *service) Heads(context.Context, *rpcapi.HeadsRequest) (*rpcapi.HeadsResponse, error) {
	answer := &rpcapi.HeadsResponse{Source: rpcapi.Source_SOURCE_LIGHT_CLIENT}
	for _, client := range s.Clients() {
		found := client.Status()
		head := rpcapi.Head{ChainId: found.ChainID, State: string(found.State), Time: time.Unix(0, 0).UTC(), Expires: time.Unix(0, 0).UTC()}
		if found.Head.Height > 0 {
			head.Height, head.Hash, head.Time, head.Expires = found.Head.Height, found.Head.Hash[:], found.Head.Time.UTC(), found.Expires.UTC()
		}
		answer.Heads = append(answer.Heads, head)
	}
	return answer, nil
}

// contract finds one in the newest view.
func (s *service) contract(id uint64) (stafi.View, stafi.Contract, error) {
	view, err := s.View()
	if err != nil {
		return view, stafi.Contract{}, err
	}
	contract, ok := view.Contract(id)
	if !ok {
		return view, contract, status.Errorf(codes.NotFound, "contract %d is not one of %d", id, len(view.Contracts))
	}
	return view, contract, nil
}

// Vault implements rpcapi.ServiceServer.
func (s *service) Vault(ctx context.Context, request *rpcapi.VaultRequest) (*rpcapi.VaultResponse, error) {
	view, contract, err := s.contract(request.Contract)
	if err != nil {
		return nil, err
	}
	found, err := s.Node.Contracts.Contract(stafi.At(ctx, view.Height), &contracttypes.QueryContractRequest{Id: contract.Id})
	if err != nil {
		return nil, fromNode(err)
	}
	info := found.Info
	return &rpcapi.VaultResponse{
		Contract: contract.Id, ChainId: contract.ChainId, Address: info.DepositAddress, Vault: info.State.ActiveVault, Denom: contract.Denom,
		MinDeposit: contract.Limits.MinDeposit, Open: info.DepositsOpen, ClosedReason: info.ClosedReason, ValidUntil: validUntil(view, info.State),
		Handover: info.State.Handover != contracttypes.HANDOVER_STAGE_NONE, Halts: info.State.Halts, ObservedHeight: info.State.ObservedHeight,
		Height: view.Height, Source: rpcapi.Source_SOURCE_NODE,
	}, nil
}

// validUntil is until when the deposit address stays for certain: the era's end, or, where a handover is under way, the block just seen.
func validUntil(view stafi.View, state contracttypes.ContractState) time.Time {
	if state.Handover != contracttypes.HANDOVER_STAGE_NONE {
		return view.Time
	}
	return view.Era.EndTime
}

// Deposit implements rpcapi.ServiceServer.
func (s *service) Deposit(ctx context.Context, request *rpcapi.DepositRequest) (*rpcapi.DepositResponse, error) {
	view, contract, err := s.contract(request.Contract)
	if err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(request.TxHash)
	if err != nil || len(hash) != contracttypes.HashSize {
		return nil, status.Errorf(codes.InvalidArgument, "tx_hash is %q, want %d bytes in hex", request.TxHash, contracttypes.HashSize)
	}
	answer := &rpcapi.DepositResponse{Height: view.Height, Source: rpcapi.Source_SOURCE_NODE, ObservedHeight: contract.State.ObservedHeight}
	if _, head, err := s.origin.follow(contract.ChainId); err == nil {
		answer.OriginHead = head.Height
	}
	found, err := s.Node.Contracts.Deposit(stafi.At(ctx, view.Height), &contracttypes.QueryDepositRequest{
		Contract: contract.Id, TxHash: request.TxHash, Index: request.Index,
	})
	switch {
	case err == nil:
		answer.Recorded, answer.Deposit = true, &found.Deposit
	case status.Code(err) != codes.NotFound:
		return nil, fromNode(err)
	}
	if !request.Prove {
		return answer, nil
	}
	return answer, s.proveDeposit(ctx, view, contract, request, [32]byte(hash), answer)
}

// proveDeposit adds the proofs: of the record where there is one, and of the transaction where its height is known.
func (s *service) proveDeposit(
	ctx context.Context, view stafi.View, contract stafi.Contract, request *rpcapi.DepositRequest, hash [32]byte, answer *rpcapi.DepositResponse,
) error {
	height := request.OriginHeight
	if answer.Recorded {
		height = int64(answer.Deposit.Height)
		key, err := contracttypes.DepositStoreKey(contract.Id, hash[:], request.Index)
		if err != nil {
			return err
		}
		if answer.Record, err = s.record(ctx, view, key); err != nil {
			return err
		}
	}
	if height == 0 {
		return nil
	}
	var err error
	answer.Origin, err = s.origin.proof(ctx, contract.ChainId, height, hash)
	return err
}

// record proves a record of x/stakingcontract in the newest state whose root is in a header already.
func (s *service) record(ctx context.Context, view stafi.View, key []byte) (*rpcapi.StateProof, error) {
	height := view.Height - 1
	value, ops, err := s.Node.Proof(ctx, contracttypes.StoreKey, key, height)
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	raw, err := ops.Marshal()
	if err != nil {
		return nil, err
	}
	return &rpcapi.StateProof{Store: contracttypes.StoreKey, Key: key, Value: value, Height: height, ProofOps: raw}, nil
}

// Redemption implements rpcapi.ServiceServer.
func (s *service) Redemption(ctx context.Context, request *rpcapi.RedemptionRequest) (*rpcapi.RedemptionResponse, error) {
	view, err := s.View()
	if err != nil {
		return nil, err
	}
	found, err := s.Node.Contracts.Redemption(stafi.At(ctx, view.Height), &contracttypes.QueryRedemptionRequest{Id: request.Id})
	if err != nil {
		return nil, fromNode(err)
	}
	answer := &rpcapi.RedemptionResponse{Info: found.Info, Height: view.Height, Source: rpcapi.Source_SOURCE_NODE}
	if !request.Prove {
		return answer, nil
	}
	key, err := contracttypes.RedemptionStoreKey(request.Id)
	if err != nil {
		return nil, err
	}
	answer.Record, err = s.record(ctx, view, key)
	return answer, err
}

// Solvency implements rpcapi.ServiceServer.
func (s *service) Solvency(ctx context.Context, request *rpcapi.SolvencyRequest) (*rpcapi.SolvencyResponse, error) {
	view, contract, err := s.contract(request.Contract)
	if err != nil {
		return nil, err
	}
	books, err := s.Node.Contracts.Solvency(stafi.At(ctx, view.Height), &contracttypes.QuerySolvencyRequest{Contract: contract.Id})
	if err != nil {
		return nil, fromNode(err)
	}
	answer := &rpcapi.SolvencyResponse{
		Books: *books, Height: view.Height, Total: math.ZeroInt(),
		BooksSource: rpcapi.Source_SOURCE_NODE, VaultsSource: rpcapi.Source_SOURCE_LIGHT_CLIENT,
	}
	vaults, err := s.origin.vaultBalances(ctx, contract)
	if err != nil {
		answer.Unproven = status.Convert(err).Message()
		return answer, nil
	}
	answer.Vaults = vaults
	for _, vault := range vaults {
		answer.Total = answer.Total.Add(vault.Balance)
	}
	return answer, nil
}

// fromNode passes on what the node says of the request, and that it could not be asked otherwise.
func fromNode(err error) error {
	switch code := status.Code(err); code {
	case codes.NotFound, codes.InvalidArgument, codes.DeadlineExceeded, codes.Canceled:
		return status.Error(code, status.Convert(err).Message())
	default:
		return status.Errorf(codes.Unavailable, "the member's node: %v", err)
	}
}
