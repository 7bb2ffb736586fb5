using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5490 (mailbox, mboxmetadata, servermetadata) with the results that it gives.</summary>
public sealed class Rfc5490Tests
{
    [Theory]
    [InlineData(true, "fileinto Partners")]
    [InlineData(false, "reject This message was not accepted by the Mailstore")]
    public void MailboxExists_3_1(bool isThere, string outcome)
    {
        var host = new TestHost();
        if (isThere)
            host.Mailboxes.Add("Partners");
        Outcome(
            """
            require ["fileinto", "reject", "mailbox"];
            if mailboxexists "Partners" {
               fileinto "Partners";
            } else {
               reject "This message was not accepted by the Mailstore";
            }
            """,
            host: host).ShouldBe(outcome);
    }

    [Fact]
    public void Create_3_2() => Outcome("require [\"fileinto\", \"mailbox\"]; fileinto :create \"Partners\";").ShouldBe("fileinto Partners :create");

    [Theory]
    [InlineData("on", "vacation to coyote@desert.example.org; (keep)")]
    [InlineData("off", "(keep)")]
    [InlineData(null, "(keep)")]
    public void Metadata_3_3(string? value, string outcome)
    {
        var host = new TestHost();
        if (value is not null)
            host.Metadata["INBOX/private/vendor/vendor.isode/auto-replies"] = value;
        Outcome(
            """
            require ["mboxmetadata", "vacation"];

            if metadata :is "INBOX"
               "/private/vendor/vendor.isode/auto-replies" "on" {

               vacation text:
            I'm away on holidays till March 2009.
            Expect a delay.
            .
            ;
            }
            """,
            "To: roadrunner@acme.example.com\n\n",
            host).ShouldBe(outcome);
    }

    [Theory]
    [InlineData("mailto:alm@example.com", "notify mailto:alm@example.com; (keep)")]
    [InlineData("none", "(keep)")]
    public void ServerMetadata_4_1(string value, string outcome) => Outcome(
        """
        require ["enotify", "servermetadata", "variables", "envelope"];

        if servermetadata :matches
           "/private/vendor/vendor.isode/notification-uri" "*" {
            set "notif_uri" "${0}";
        }

        if not string :is "${notif_uri}" "none" {
            # :matches is used to get the MAIL FROM address
            if envelope :all :matches "from" "*" {
                set "env_from" " [really: ${1}]";
            }

            # :matches is used to get the value of the Subject header
            if header :matches "Subject" "*" {
                set "subject" "${1}";
            }

            # :matches is used to get the address from the From header
            if address :matches :all "from" "*" {
                set "from_addr" "${1}";
            }

            notify :message "${from_addr}${env_from}: ${subject}"
                   "${notif_uri}";
        }
        """,
        host: new TestHost { Metadata = { ["/private/vendor/vendor.isode/notification-uri"] = value } }).ShouldBe(outcome);

    [Theory]
    [InlineData("metadataexists \"INBOX\" \"/private/a\"", true)]
    [InlineData("metadataexists \"INBOX\" [\"/private/a\", \"/private/b\"]", false)]
    [InlineData("servermetadataexists [\"/shared/a\"]", true)]
    [InlineData("servermetadataexists \"/private/a\"", false)]
    public void Exists_3_4_and_4_2(string test, bool holds) => Holds(
        test, require: "[\"mboxmetadata\", \"servermetadata\"]", host: new TestHost { Metadata = { ["INBOX/private/a"] = "", ["/shared/a"] = "x" } }).ShouldBe(holds);
}
