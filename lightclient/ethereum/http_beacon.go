package ethereum

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
)

// HTTPBeacon is a BeaconSource over the beacon nodes' REST API, in JSON.
type HTTPBeacon struct {
	endpoint *endpoint
	network  *beacon.Network
}

var _ BeaconSource = (*HTTPBeacon)(nil)

// NewHTTPBeacon makes a source of a beacon node's address. An answer above
// maxResponse bytes is refused with lightclient.ErrTooLarge; 0 means
// DefaultMaxResponse.
func NewHTTPBeacon(address string, network beacon.Network, maxResponse int64) (*HTTPBeacon, error) {
	e, err := newEndpoint(address, maxResponse)
	if err != nil {
		return nil, err
	}
	return &HTTPBeacon{endpoint: e, network: &network}, nil
}

// Name is the address without its password.
func (s *HTTPBeacon) Name() string { return s.endpoint.name }

// envelope is how the API wraps every answer. Version names the fork of what is in
// it; some nodes leave it out.
type envelope struct {
	Version string          `json:"version"`
	Data    json.RawMessage `json:"data"`
}

// known refuses what is of a fork that can't be read here, before it would look
// like a forgery. Error: beacon.ErrFork.
func (e envelope) known() error {
	if e.Version == "" {
		return nil
	}
	_, err := beacon.ParseFork(e.Version)
	return err
}

const lightClientPath = "/eth/v1/beacon/light_client/"

// Bootstrap implements BeaconSource.
func (s *HTTPBeacon) Bootstrap(ctx context.Context, root beacon.Root) (*beacon.Bootstrap, error) {
	var answer envelope
	if err := s.get(ctx, lightClientPath+"bootstrap/"+root.String(), &answer, lightclient.ErrHeightUnavailable); err != nil {
		return nil, err
	}
	if err := answer.known(); err != nil {
		return nil, err
	}
	return s.network.ParseBootstrap(answer.Data)
}

// Updates implements BeaconSource. Some nodes refuse a range of which they lack
// the end (Lodestar answers 500); then the first is asked for alone.
func (s *HTTPBeacon) Updates(ctx context.Context, period uint64, count int) ([]*beacon.Update, error) {
	updates, err := s.updates(ctx, period, count)
	var refused *statusError
	if errors.As(err, &refused) && count > 1 {
		return s.updates(ctx, period, 1)
	}
	return updates, err
}

func (s *HTTPBeacon) updates(ctx context.Context, period uint64, count int) ([]*beacon.Update, error) {
	answers := bounded[envelope]{most: count}
	path := fmt.Sprintf("%supdates?start_period=%d&count=%d", lightClientPath, period, count)
	if err := s.get(ctx, path, &answers, lightclient.ErrSourceLagging); err != nil {
		return nil, err
	}
	updates := make([]*beacon.Update, len(answers.items))
	for i, answer := range answers.items {
		err := answer.known()
		if err != nil && i > 0 {
			return updates[:i], nil // what is before the fork holds
		}
		if err == nil {
			updates[i], err = s.network.ParseUpdate(answer.Data)
		}
		if err != nil {
			return nil, err
		}
	}
	return updates, nil
}

// FinalityUpdate implements BeaconSource.
func (s *HTTPBeacon) FinalityUpdate(ctx context.Context) (*beacon.Update, error) {
	var answer envelope
	if err := s.get(ctx, lightClientPath+"finality_update", &answer, lightclient.ErrSourceLagging); err != nil {
		return nil, err
	}
	if err := answer.known(); err != nil {
		return nil, err
	}
	return s.network.ParseUpdate(answer.Data)
}

// BlockRoot implements BeaconSource. A node that has no block there is taken to
// be behind: the slots asked about are not empty on the chain.
func (s *HTTPBeacon) BlockRoot(ctx context.Context, slot uint64) (beacon.Root, error) {
	var answer struct {
		Data struct {
			Root *beacon.Root `json:"root"`
		} `json:"data"`
	}
	if err := s.get(ctx, fmt.Sprintf("/eth/v1/beacon/blocks/%d/root", slot), &answer, lightclient.ErrSourceLagging); err != nil {
		return beacon.Root{}, err
	}
	if answer.Data.Root == nil {
		return beacon.Root{}, fmt.Errorf("%w: no root in the answer", lightclient.ErrMalformed)
	}
	return *answer.Data.Root, nil
}

// get names a 404 by what it means for the question.
func (s *HTTPBeacon) get(ctx context.Context, path string, into any, absent error) error {
	err := s.endpoint.do(ctx, http.MethodGet, path, nil, consensusAnswer, into)
	var status *statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound {
		return fmt.Errorf("%s: %w: %w", path, absent, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
