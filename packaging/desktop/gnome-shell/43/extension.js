// GNOME Shell 43 and 44, which have no modules of JavaScript's own.
/* exported init */
const {main: Main, quickSettings: QuickSettings} = imports.ui;

class VPNRunExtension {
    constructor(folder) {
        this._folder = folder;
    }

    enable() {
        this._isOn = true;
        import(this._folder.get_child('switch.js').get_uri()).then(({makeSwitch}) => {
            if (!this._isOn)
                return;
            this._switch = makeSwitch(this._folder, Main, QuickSettings);
            Main.panel.statusArea.quickSettings._addItems([this._switch]);
        }).catch(logError);
    }

    disable() {
        this._isOn = false;
        this._switch?.destroy();
        this._switch = null;
    }
}

function init(meta) {
    return new VPNRunExtension(meta.dir);
}
