//! Around the HTTP client of an SDK: each attempt of each call passes here.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

use crate::body::Counted;
use crate::meter::Meter;
use crate::operation::Head;

impl Meter {
    /// The same client, whose requests are counted.
    pub fn wrap(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(MeteredClient { meter: self.clone(), client })
    }
}

#[derive(Debug)]
struct MeteredClient {
    meter: Meter,
    client: SharedHttpClient,
}

impl HttpClient for MeteredClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(MeteredConnector { meter: self.meter.clone(), connector })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct MeteredConnector {
    meter: Meter,
    connector: SharedHttpConnector,
}

impl HttpConnector for MeteredConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let exchange = Head::of_sdk(&request).and_then(|head| self.meter.sent(&head));
        let call = self.connector.call(request);
        let Some(mut exchange) = exchange else { return call };
        HttpConnectorFuture::new(async move {
            let mut response = call.await?;
            exchange.answered(response.status().as_u16(), |name| response.headers().get(name));
            let body = response.take_body();
            *response.body_mut() = SdkBody::from_body_1_x(Counted::new(body, exchange));
            Ok(response)
        })
    }
}
