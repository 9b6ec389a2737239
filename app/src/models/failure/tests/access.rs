//! Who may use a model, in words that AWS has said.

use super::*;

#[test]
fn access_and_entitlement_are_told_apart() {
    check(&[
        (
            NOVA,
            "AccessDeniedException",
            "User: arn:aws:iam::111122223333:user/me is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0 because no identity-based policy allows the bedrock:InvokeModel action",
            "model-access-denied",
            "allow `bedrock:InvokeModel` on `arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0`",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "User: arn:aws:sts::111122223333:assumed-role/app/me is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:eu-west-1:111122223333:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0 because no identity-based policy allows the bedrock:InvokeModel action",
            "model-access-denied",
            "inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0`, and on the model in every region that the profile sends to",
        ),
        (
            NOVA,
            "AccessDeniedException",
            "User: arn:aws:iam::111122223333:user/me is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0 with an explicit deny in a service control policy",
            "model-access-denied",
            "a policy denies `bedrock:InvokeModel` on `arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0`",
        ),
        (
            ENDPOINT,
            "AccessDeniedException",
            "User: arn:aws:iam::111122223333:user/me is not authorized to perform: sagemaker:InvokeEndpoint on resource: arn:aws:sagemaker:eu-west-1:111122223333:endpoint/text-generation because no identity-based policy allows the sagemaker:InvokeEndpoint action",
            "model-access-denied",
            "allow `sagemaker:InvokeEndpoint` on `arn:aws:sagemaker:eu-west-1:111122223333:endpoint/text-generation`",
        ),
        (
            ENDPOINT,
            "AccessDeniedException",
            "no",
            "model-access-denied",
            "allow `sagemaker:InvokeEndpoint` on `arn:aws:sagemaker:eu-west-1:*:endpoint/text-generation`",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "no",
            "model-access-denied",
            "allow `bedrock:InvokeModel` on `arn:aws:bedrock:eu-west-1:*:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0`",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock documentation for further details. Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 5 minutes.",
            "no-model-access",
            "`aws-marketplace:Subscribe`",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "Model access is denied due to User: arn:aws:sts::111122223333:assumed-role/app/me is not authorized to perform: aws-marketplace:ViewSubscriptions on resource: * because no identity-based policy allows the aws-marketplace:ViewSubscriptions action.",
            "no-model-access",
            "`aws-marketplace:Subscribe`",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided.",
            "no-model-access",
            "valid means of payment",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
            "no-model-access",
            "aws bedrock get-foundation-model-availability --region eu-west-1 --model-id anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        (
            CLAUDE,
            "AccessDeniedException",
            "You don’t have access to the model with the specified model ID.",
            "no-model-access",
            "get-foundation-model-availability",
        ),
        (
            CLAUDE,
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.",
            "no-model-access",
            "aws bedrock put-use-case-for-model-access",
        ),
        (CLAUDE, "ValidationException", "Operation not allowed", "no-model-access", "AWS Support"),
        (
            CLAUDE,
            "ValidationException",
            "Your account is not authorized to invoke this API operation.",
            "no-model-access",
            "get-foundation-model-availability",
        ),
        (
            CLAUDE,
            "ValidationException",
            "data retention mode 'default' is not available for this model",
            "no-model-access",
            "data retention mode",
        ),
    ]);
}
