using System.Collections.Frozen;

namespace SimSearch.Notebooks;

/// <summary>What foreign HTML and SVG may be made of. All that is not named here is left out.</summary>
internal static class HtmlPolicy
{
    public static readonly FrozenSet<string> Html = Set("""
        a abbr audio b bdi blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark
        meter ol p pre progress q s samp small source span strong sub summary sup svg table tbody td tfoot th thead time tr u ul var video wbr
        """);

    public static readonly FrozenSet<string> Void = Set("br col hr img source wbr");

    /// <summary>Grouping elements that become a plain <c>div</c>, so that a page has one main part.</summary>
    public static readonly FrozenSet<string> Division = Set("address article aside fieldset footer header hgroup main nav section");

    /// <summary>Elements that are left out with all that is in them. Of other unknown elements only the tags are left out.</summary>
    public static readonly FrozenSet<string> Dropped = Set("""
        applet base button canvas dialog embed foreignobject frame frameset head iframe input link map math meta noembed noframes noscript object option param picture plaintext
        portal script select slot template textarea title track xmp animate animatemotion animatetransform set discard handler listener filter
        """);

    /// <summary>Elements of <see cref="Dropped"/> that have no content.</summary>
    public static readonly FrozenSet<string> DroppedVoid = Set("base embed frame input link meta param track");

    /// <summary>SVG elements, from lower case to how SVG writes them.</summary>
    public static readonly FrozenDictionary<string, string> Svg = Names("""
        svg g a path rect circle ellipse line polyline polygon text tspan defs linearGradient radialGradient stop clipPath mask pattern symbol use title desc image marker
        """);

    /// <summary>SVG elements that something elsewhere refers to by id. Inside them nothing may be repeated by <c>use</c>: a few nested ones make billions.</summary>
    public static readonly FrozenSet<string> SvgReferenced = Set("defs lineargradient radialgradient clippath mask pattern symbol marker");

    /// <summary>Attributes every HTML element may have.</summary>
    public static readonly FrozenSet<string> Attributes = Set("class dir hidden id lang role style tabindex title");

    /// <summary>Attributes of single HTML elements, as "element.attribute".</summary>
    public static readonly FrozenSet<string> ElementAttributes = Set("""
        a.href audio.controls audio.loop audio.preload audio.src blockquote.type col.span col.width colgroup.span details.open figure.data-plotly img.alt img.height img.src img.width li.value meter.high
        meter.low meter.max meter.min meter.optimum meter.value ol.reversed ol.start ol.type progress.max progress.value source.src source.type table.border td.align td.colspan td.headers td.rowspan td.valign
        th.abbr th.align th.colspan th.headers th.rowspan th.scope th.valign time.datetime tr.align tr.valign ul.type video.controls video.height video.loop video.preload video.src video.width
        """);

    /// <summary>Attributes SVG elements may have, from lower case to how SVG writes them.</summary>
    public static readonly FrozenDictionary<string, string> SvgAttributes = Names("""
        class clip-path clip-rule clipPathUnits color cx cy d dominant-baseline dx dy fill fill-opacity fill-rule font-family font-size font-style font-variant font-weight fx fy
        gradientTransform gradientUnits height href id letter-spacing markerHeight markerUnits markerWidth marker-end marker-mid marker-start mask maskContentUnits maskUnits offset
        opacity orient paint-order pathLength patternContentUnits patternTransform patternUnits points preserveAspectRatio r refX refY role rotate rx ry shape-rendering spreadMethod
        stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width style tabindex text-anchor
        text-rendering textLength transform vector-effect version viewBox visibility width word-spacing x x1 x2 y y1 y2 image-rendering lengthAdjust
        """);

    /// <summary>Attributes whose value names ids of the same output.</summary>
    public static readonly FrozenSet<string> IdLists = Set("aria-controls aria-describedby aria-details aria-labelledby aria-owns headers");

    /// <summary>Properties a style may set.</summary>
    public static readonly FrozenSet<string> Styles = Set("""
        accent-color align-content align-items align-self aspect-ratio background background-color background-image background-position background-repeat background-size border
        border-bottom border-bottom-color border-bottom-left-radius border-bottom-right-radius border-bottom-style border-bottom-width border-collapse border-color border-left
        border-left-color border-left-style border-left-width border-radius border-right border-right-color border-right-style border-right-width border-spacing border-style border-top
        border-top-color border-top-left-radius border-top-right-radius border-top-style border-top-width border-width bottom box-shadow box-sizing break-after break-before break-inside
        caption-side clear clip-path clip-rule color color-scheme column-gap columns cursor direction display dominant-baseline fill fill-opacity fill-rule flex flex-basis
        flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-family font-feature-settings font-size font-stretch font-style font-variant font-variant-numeric
        font-weight gap grid grid-area grid-auto-columns grid-auto-flow grid-auto-rows grid-column grid-row grid-template grid-template-columns grid-template-rows height hyphens
        image-rendering isolation justify-content justify-items justify-self left letter-spacing line-height list-style list-style-position list-style-type margin margin-block
        margin-bottom margin-inline margin-left margin-right margin-top marker-end marker-mid marker-start mask max-height max-width min-height min-width mix-blend-mode object-fit
        object-position opacity order outline outline-color outline-offset outline-style outline-width overflow overflow-wrap overflow-x overflow-y padding padding-block padding-bottom
        padding-inline padding-left padding-right padding-top paint-order place-content place-items place-self pointer-events position print-color-adjust right rotate row-gap scale
        shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width tab-size
        table-layout text-align text-anchor text-decoration text-indent text-overflow text-rendering text-shadow text-transform top transform transform-origin translate user-select
        vector-effect vertical-align visibility white-space width word-break word-spacing word-wrap z-index
        """);

    /// <summary>Functions a style may call; <c>url</c> is looked at on its own.</summary>
    public static readonly FrozenSet<string> StyleFunctions = Set("""
        calc circle clamp color-mix cubic-bezier ellipse fit-content hsl hsla hwb inset lab lch light-dark linear-gradient matrix max min minmax oklab oklch polygon radial-gradient
        repeat rgb rgba rotate scale scalex scaley skew skewx skewy translate translatex translatey var conic-gradient repeating-linear-gradient
        """);

    private static FrozenSet<string> Set(string names) => Words(names).ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<string, string> Names(string names) => Words(names).ToFrozenDictionary(n => n.ToLowerInvariant(), StringComparer.Ordinal);

    private static string[] Words(string names) => names.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
