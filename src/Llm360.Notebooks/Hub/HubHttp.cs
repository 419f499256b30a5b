// HTTP requests to the Hub: redirects, the token, retries, and error messages.
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Llm360.Notebooks;

/// <summary>Sends requests and turns every failure into one clear error.</summary>
internal sealed partial class HubHttp : IDisposable
{
    private const int Attempts = 5;
    private const int MostRedirects = 5;
    private const int LongestAnswer = 64 << 20;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    /// <summary>The period over which the Hub counts requests.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(5);
    private readonly HubSettings settings;
    private readonly HttpClient client;
    private readonly ResiliencePipeline<HttpResponseMessage> pipeline;

    public HubHttp(HubSettings settings)
    {
        this.settings = settings;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.Timeout,
            AutomaticDecompression = DecompressionMethods.None,
        };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var version = typeof(HubHttp).Assembly.GetName().Version?.ToString(3);
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Llm360.Notebooks", version));
        // Sizes and ranges refer to the uncompressed file.
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                // No retry if the server asks for a longer delay.
                ShouldHandle = args => ValueTask.FromResult(
                    !(AskedDelay(args.Outcome.Result) > LongestAsked)
                    && args.Outcome is { Exception: HttpRequestException or TimeoutRejectedException }
                        or
                        {
                            Result.StatusCode: HttpStatusCode.RequestTimeout
                                or HttpStatusCode.TooManyRequests
                                or >= HttpStatusCode.InternalServerError
                        }),
                MaxRetryAttempts = Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = settings.RetryDelay,
                MaxDelay = LongestDelay,
                DelayGenerator = args => ValueTask.FromResult(AskedDelay(args.Outcome.Result)),
                OnRetry = args =>
                {
                    var why = args.Outcome.Exception?.Message ?? $"it answers {(int?)args.Outcome.Result?.StatusCode}";
                    Waiting(args.AttemptNumber, args.RetryDelay, why);
                    args.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .AddTimeout(settings.Timeout)
            .Build();
        Reading = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<IOException>().Handle<HttpRequestException>(),
                MaxRetryAttempts = Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = settings.RetryDelay,
                MaxDelay = LongestDelay,
                OnRetry = args =>
                {
                    Waiting(args.AttemptNumber, args.RetryDelay, args.Outcome.Exception?.Message ?? "");
                    return default;
                },
            })
            .Build();
    }

    /// <summary>Retries when an answer breaks off.</summary>
    public ResiliencePipeline Reading { get; }

    /// <summary>Sends a request and returns when the response headers have arrived.</summary>
    /// <param name="address">Relative to the endpoint, or absolute.</param>
    /// <param name="about">The requested file or revision, for messages.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="range">Range of bytes; null for all.</param>
    /// <returns>
    /// The response: success, or a range that cannot be satisfied. Dispose it.
    /// </returns>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses.</exception>
    public async Task<HttpResponseMessage> GetAsync(
        string address, HubLocation about, CancellationToken cancellation, RangeHeaderValue? range = null)
    {
        var uri = new Uri(settings.Endpoint, address);
        if (settings.Offline)
        {
            throw new HubUnreachableException(
                $"{about} is not in the cache, and HF_HUB_OFFLINE is set.",
                settings.CacheFolder,
                "Unset HF_HUB_OFFLINE, or run the same once on a machine with a network and the same cache.");
        }

        for (var redirects = 0; ; redirects++)
        {
            var response = await TryAsync(uri).ConfigureAwait(false);
            if (response.Headers.Location is { } location && (int)response.StatusCode is >= 300 and < 400)
            {
                var next = new Uri(uri, location);
                response.Dispose();
                if (redirects == MostRedirects
                    || next.Scheme is not ("https" or "http")
                    || (uri.Scheme == "https" && next.Scheme == "http"))
                {
                    throw new Llm360Exception("The Hub sends from one address to the next.", $"{about}, {next.Host}", "Check HF_ENDPOINT.");
                }

                uri = next;
                continue;
            }

            if (response.IsSuccessStatusCode || (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && range is not null))
                return response;
            using (response)
                throw Refused(response, about);
        }

        async Task<HttpResponseMessage> TryAsync(Uri to)
        {
            try
            {
                return await pipeline.ExecuteAsync(
                    async stop =>
                    {
                        using var request = new HttpRequestMessage(HttpMethod.Get, to);
                        request.Headers.Range = range;
                        if (settings.Token is { } token && IsHub(to))
                            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
                    },
                    cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException)
            {
                throw Unreachable(e, about);
            }
        }
    }

    /// <summary>
    /// Returns the whole body of a response with one page of JSON, and its header <c>Link</c>.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// As for <see cref="GetAsync"/>, or the response exceeds 64 MB.
    /// </exception>
    public async Task<(byte[] Body, string? Link)> GetWholeAsync(string address, HubLocation about, CancellationToken cancellation)
    {
        try
        {
            return await Reading.ExecuteAsync(
                async stop =>
                {
                    using var response = await GetAsync(address, about, stop).ConfigureAwait(false);
                    using var body = await ReadingAsync(response, stop).ConfigureAwait(false);
                    using var whole = new MemoryStream();
                    var buffer = new byte[1 << 16];
                    for (int read; (read = await body.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
                    {
                        if (whole.Length + read > LongestAnswer)
                            throw NotUnderstood(about, $"it has more than {LongestAnswer >> 20} MB");
                        whole.Write(buffer, 0, read);
                    }

                    return (whole.ToArray(), response.Headers.TryGetValues("Link", out var links) ? string.Join(", ", links) : null);
                },
                cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Unreachable(e, about);
        }
    }

    /// <summary>
    /// Reads a response body. If no bytes arrive within the timeout of the settings, reading fails.
    /// </summary>
    public async Task<StallTimeoutStream> ReadingAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        new(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), settings.Timeout, cancellation);

    public Llm360Exception NotUnderstood(HubLocation about, string how, Exception? inner = null) => new(
        $"The Hub's answer cannot be used: {how}.",
        $"{about} at {settings.Endpoint}",
        "Check HF_ENDPOINT; try again later.",
        inner);

    /// <summary>The kind of JSON of an answer, with its error.</summary>
    public JsonKind Answer(HubLocation about) =>
        new("The Hub's answer", LongestAnswer, "") { MakeError = (how, _, inner) => NotUnderstood(about, how, inner) };

    /// <summary>
    /// The error for an answer that did not arrive, or broke off in every attempt.
    /// </summary>
    public HubUnreachableException Unreachable(Exception e, HubLocation about) => new(
        "The Hub cannot be reached: "
            + (e is TimeoutRejectedException ? $"no answer in {settings.Timeout.TotalSeconds:0} s" : e.Message),
        $"{about} at {settings.Endpoint}",
        "Check the network, or HF_ENDPOINT. What has arrived is kept, and the same command resumes there. "
            + "With HF_HUB_OFFLINE=1 only the cache is used.",
        e);

    /// <summary>The web page of a repository.</summary>
    public Uri Page(HubLocation about) => new(settings.Endpoint, $"{(about.IsDataset ? "datasets/" : "")}{about.Repository}");

    public void Dispose() => client.Dispose();

    private bool IsHub(Uri uri) => uri.Scheme == settings.Endpoint.Scheme && uri.Authority == settings.Endpoint.Authority;

    // Retry-After, or the time at which the Hub's request count restarts: RateLimit: "api";r=0;t=55
    private static TimeSpan? AskedDelay(HttpResponseMessage? response)
    {
        var asked = response?.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - DateTimeOffset.UtcNow
            : response?.StatusCode == HttpStatusCode.TooManyRequests
                && response.Headers.TryGetValues("RateLimit", out var limits)
                && Reset().Match(limits.First()) is { Success: true } match
                && int.TryParse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
        return asked > TimeSpan.Zero ? asked : null;
    }

    [GeneratedRegex(@";\s*t\s*=\s*(?<seconds>\d+)")]
    private static partial Regex Reset();

    private static void Waiting(int attempt, TimeSpan delay, string why)
    {
        var detail = FormattableString.Invariant($"in {delay.TotalSeconds:0} s: {why}");
        AmbientWork.Progress?.Report(new WorkProgress("ask the Hub again", attempt + 1, Attempts - 1, "attempts", detail));
    }

    private Llm360Exception Refused(HttpResponseMessage response, HubLocation about)
    {
        var page = Page(about);
        var code = response.Headers.TryGetValues("X-Error-Code", out var values) ? values.First() : "";
        return (code, response.StatusCode) switch
        {
            ("RevisionNotFound", _) => Error(
                $"The repository {about.Repository} has no revision {about.Revision}.", $"Look at the branches on {page}."),
            ("GatedRepo", _) => Error(
                "The repository asks for consent to its terms.",
                $"Give it on {page}, then set HF_TOKEN to a token of the same account."),
            (_, HttpStatusCode.Unauthorized) when settings.Token is not null => Error(
                $"The repository {about.Repository} does not exist, or the token does not open it.",
                "Check the name; renew HF_TOKEN or the token's file, or take it away: "
                    + "an expired one closes public repositories too."),
            ("RepoNotFound", _) or (_, HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) => Error(
                $"The repository {about.Repository} does not exist, or is not open to you.",
                "Check the name; for a private or gated repository set HF_TOKEN."),
            (_, HttpStatusCode.NotFound) => Error("The Hub does not have it.", $"Look at {page}."),
            _ when AskedDelay(response) > LongestAsked => Error(
                $"The Hub answers {(int)response.StatusCode} {response.ReasonPhrase} "
                    + $"and asks to wait {Math.Ceiling(AskedDelay(response)!.Value.TotalMinutes)} minutes.",
                "Try again then; a token in HF_TOKEN may get more."),
            _ => Error(
                $"The Hub answers {(int)response.StatusCode} {response.ReasonPhrase}.",
                "Try again later. What has arrived is kept."),
        };

        Llm360Exception Error(string what, string remedy) => new(what, $"{about} at {settings.Endpoint}", remedy);
    }
}
