using System.Globalization;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>How the bucket is reached, and what is said when it is not.</summary>
public sealed class S3ConnectionTests
{
    [S3Theory]
    [InlineData(S3Addressing.Path)]
    [InlineData(S3Addressing.Host)]
    public async Task Buckets_are_named_in_the_path_or_in_the_host(S3Addressing addressing)
    {
        // No DNS knows the host, so the requests go through an HTTP proxy
        await using var s3 = await TestS3.StartAsync(options =>
        {
            options.Proxy = options.Endpoint;
            options.Endpoint = $"http://{RadosGateway.HostName}";
            options.AllowHttp = true;
            options.Addressing = addressing;
        });
        await s3.Store.CheckAsync(default);
        var put = TestS3.PutOf(TestS3.Bytes(1000));
        (await s3.PutAsync(put)).ShouldBeNull();
        (await s3.ReadAsync(put.Key)).ShouldBe(put.Bytes!.Value.ToArray());
        await s3.Store.DeleteAsync([put.Key], default);
        (await s3.Store.FindAsync(put.Key, default)).ShouldBeNull();
        var host = addressing == S3Addressing.Host ? $"{s3.Bucket.Name}.{RadosGateway.HostName}" : RadosGateway.HostName;
        s3.Proxy.Requests.ShouldNotBeEmpty();
        s3.Proxy.Requests.ShouldAllBe(request => request.Split(' ')[1] == host);
    }

    [S3Fact]
    public async Task Tls_is_verified_with_the_authority_that_is_given()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority("Other");
        using var folder = new TempFolder();
        using var certificate = authority.Issue("127.0.0.1").Load();
        using var usable = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadPkcs12(certificate.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pkcs12), null);
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.Pem);
        await File.WriteAllTextAsync(folder.File("other.pem"), other.Pem);
        await using var tls = new S3FaultProxy((await S3Fixture.ServerAsync()).Endpoint, usable);
        await using (var s3 = await TestS3.StartAsync(options =>
        {
            options.Endpoint = tls.Endpoint;
            options.CaFile = folder.File("ca.pem");
        }))
        {
            await s3.Store.CheckAsync(default);
            s3.Store.Trouble.ShouldBeNull();
            var put = s3.FileOf(TestS3.Bytes(1 << 20));
            (await s3.PutAsync(put)).ShouldBeNull();
            (await s3.ReadAsync(put.Key)).ShouldBe(TestS3.Bytes(1 << 20));
            tls.Count(S3Operation.Put).ShouldBe(1);
        }

        foreach (var file in new[] { folder.File("other.pem"), null })
        {
            await using var s3 = await TestS3.StartAsync(options =>
            {
                options.Endpoint = tls.Endpoint;
                options.CaFile = file;
                options.Retries = 0;
            });
            await s3.Store.CheckAsync(default);
            s3.Store.Trouble.ShouldNotBeNull();
            var failure = (await s3.PutAsync(TestS3.PutOf([1]))).ShouldBeOfType<S3Exception>();
            S3BucketCheck.Explain(failure, new S3Options { Endpoint = tls.Endpoint }).ShouldStartWith($"TLS with {tls.Endpoint} failed (s3.ca_file, s3.endpoint): ");
        }
    }

    [S3Fact]
    public async Task A_wrong_configuration_is_one_clear_line()
    {
        await using var s3 = await TestS3.StartAsync();
        (await MessageAsync(static options => options.Bucket = "no-such-bucket")).ShouldStartWith("s3: there is no bucket no-such-bucket (s3.bucket) at http://127.0.0.1:");
        (await MessageAsync(static options => options.SecretKey = "wrong")).ShouldContain("does not accept the signature: s3.secret_key is wrong");
        (await MessageAsync(static options => options.AccessKey = "WRONG")).ShouldContain("does not know the access key (s3.access_key)");
        await s3.Bucket.Client.PutBucketPolicyAsync(s3.Bucket.Name, Policy("Deny", "s3:ListBucket", $"arn:aws:s3:::{s3.Bucket.Name}"));
        (await MessageAsync(options => options.Bucket = s3.Bucket.Name)).ShouldStartWith($"s3: access to bucket {s3.Bucket.Name} is denied");
    }

    [S3Fact]
    public async Task A_server_that_is_away_is_no_wrong_configuration()
    {
        await using var s3 = await TestS3.StartAsync(static options =>
        {
            options.Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
            options.Retries = 0;
        });
        await s3.Store.CheckAsync(default);
        s3.Store.Trouble.ShouldNotBeNull();
        (await s3.PutAsync(TestS3.PutOf([1]))).ShouldBeOfType<S3Exception>().Trouble.ShouldBe(S3Trouble.Outage);
        await Should.ThrowAsync<IOException>(async () => await s3.Store.FindAsync(TestS3.PutOf([1]).Key, default));
        await Should.ThrowAsync<IOException>(async () => await s3.Store.OpenAsync(TestS3.PutOf([1]).Key, 0, null, default));
    }

    [S3Fact]
    public async Task A_start_that_could_not_look_at_the_bucket_is_forgotten_once_something_was_put()
    {
        await using var s3 = await TestS3.StartAsync(static options => options.Retries = 0);
        s3.Proxy.Add(S3Fault.InternalError, S3Operation.List);
        await s3.Store.CheckAsync(default);
        s3.Store.Trouble.ShouldNotBeNull();
        (await s3.PutAsync(TestS3.PutOf([1]))).ShouldBeNull();
        s3.Store.Trouble.ShouldBeNull();
    }

    [Theory]
    [InlineData("RequestTimeTooSkewed", true, "the clock of this machine differs")]
    [InlineData("PermanentRedirect", false, "another region than eu-west-1 (s3.region)")]
    [InlineData("AuthorizationHeaderMalformed", false, "another region than eu-west-1 (s3.region)")]
    [InlineData("ExpiredToken", false, "s3.session_token")]
    [InlineData("AccessDenied", false, "is denied: the key needs ListBucket")]
    [InlineData("NoCredentials", false, "set s3.access_key and s3.secret_key")]
    public void What_only_other_servers_say_is_explained_too(string code, bool mayPass, string text)
    {
        var refused = new S3Exception(S3Trouble.Refused, "S3 refused it") { Code = code };
        S3BucketCheck.MayPass(refused).ShouldBe(mayPass);
        S3BucketCheck.Explain(refused, new S3Options { Bucket = "mail", Region = "eu-west-1" }).ShouldContain(text);
    }

    [S3Fact]
    public async Task Objects_that_may_not_be_deleted_are_named_and_the_others_deleted()
    {
        await using var s3 = await TestS3.StartAsync();
        var puts = Enumerable.Range(0, 10).Select(static i => TestS3.PutOf([(byte)i], i % 2)).ToArray();
        (await s3.Store.PutAsync(puts, default)).ShouldAllBe(static outcome => outcome == null);
        await s3.Bucket.Client.PutBucketPolicyAsync(s3.Bucket.Name, Policy("Deny", "s3:DeleteObject", $"arn:aws:s3:::{s3.Bucket.Name}/{TestS3.Prefix}1/*"));
        var failure = await Should.ThrowAsync<S3DeleteException>(() => s3.Store.DeleteAsync([.. puts.Select(static put => put.Key)], default));
        failure.Failed.Keys.ShouldBe(puts.Where(static put => put.Key.Account.Value == 1).Select(static put => put.Key), ignoreOrder: true);
        failure.Failed.Values.ShouldAllBe(static code => code == "AccessDenied");
        (await s3.Bucket.KeysAsync()).Count.ShouldBe(5);
    }

    [S3Fact]
    public async Task Many_objects_are_deleted_a_thousand_at_a_time()
    {
        await using var s3 = await TestS3.StartAsync();
        var key = TestS3.PutOf([1]).Key;
        await s3.Store.DeleteAsync([.. Enumerable.Range(1, 2500).Select(i => key with { Account = new(i) })], default);
        s3.Proxy.Count(S3Operation.Delete).ShouldBe(3);
    }

    [S3Fact]
    public async Task With_conditional_put_what_is_there_is_not_written_again_unless_it_is_damaged()
    {
        await using var s3 = await TestS3.StartAsync(static options => options.ConditionalPut = true);
        foreach (var put in new[] { TestS3.PutOf(TestS3.Bytes(1000)), s3.FileOf(TestS3.Bytes(20 << 20, 5)) })
        {
            (await s3.PutAsync(put)).ShouldBeNull();
            var written = (await s3.Bucket.Client.GetObjectMetadataAsync(s3.Bucket.Name, TestS3.Prefix + put.Key)).ETag;
            (await s3.PutAsync(put)).ShouldBeNull();
            (await s3.Bucket.Client.GetObjectMetadataAsync(s3.Bucket.Name, TestS3.Prefix + put.Key)).ETag.ShouldBe(written);
            await s3.Bucket.WriteAsync(TestS3.Prefix + put.Key, TestS3.Bytes(100, 6));
            (await s3.PutAsync(put)).ShouldBeNull();
            (await s3.ReadAsync(put.Key)).Length.ShouldBe((int)put.Size);
        }

        s3.Proxy.Count(S3Operation.BeginParts).ShouldBe(2);
    }

    private static string Policy(string effect, string action, string resource) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"{{effect}}","Principal":"*","Action":"{{action}}","Resource":"{{resource}}"}]}""";

    private static async Task<string> MessageAsync(Action<S3Options> change)
    {
        await using var s3 = await TestS3.StartAsync(change);
        return (await Should.ThrowAsync<S3SetupException>(() => s3.Store.CheckAsync(default))).Message;
    }
}
